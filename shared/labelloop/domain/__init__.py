"""Pure rules of the loop: plain values and arrays in, plain values and arrays out."""
