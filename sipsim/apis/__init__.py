"""Client APIs of well-known SIP stacks, on this engine: programs written for them run again, and their calls are seen.

Each is thin over `elements/`; what all of them share is the lane, which records calls and callbacks.
"""
