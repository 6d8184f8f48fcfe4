"""Tune an encoder to one project's labels: what `labelloop tune` does.

`bert.py` is the layer's own, by a link: a layer is built from its folder alone, and a tuned encoder
has to be the same graph. `trainer.py` runs in a venv of its own, with torch.
"""
