"""Answers about spans of a text (`perRegion`): each learnt and shown as one about a whole text is.

A control about regions lies beside the control of the spans, in `recipes.several_controls`: which
regions there are is that control's answer. Which recipe reads, learns and compares what is said of
one region, `control.INNER` says; it sees each region as if it were a text.
"""
