"""Ladders in documents and in tests: a directive for Sphinx and MyST, a comparison with stored pictures for pytest.

Neither Sphinx nor pytest is needed by anything else in the package; each module is imported by those who have them.
"""
