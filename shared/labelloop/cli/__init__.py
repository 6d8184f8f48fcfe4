"""The command line: connects a project of Label Studio, and steers what the loop does with it.

It talks to the deployed API and to Label Studio, with their own credentials, and needs no AWS
rights. `app` declares the commands, `session` opens both ends, `report` prints; each other file is
one job.
"""
