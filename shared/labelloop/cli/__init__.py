"""The command line: connects a Label Studio project to Labelloop, and manages it.

It calls the deployed API and Label Studio, with the credentials of each, and needs no AWS rights
except for `forget` and `redrive`. `app` declares the commands, `session` connects to both, `report`
prints; each other file does one job.
"""
