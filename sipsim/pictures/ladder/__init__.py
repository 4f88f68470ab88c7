"""The ladder diagram of a trace.

reading/    from the records, and what somebody wishes to see of them, to a model
drawing/    from the model to a display list
writing/    from the model to characters: text, and source for Markdown, Mermaid and PlantUML
here        the model, the time axis, and the `Ladder` that people hold
"""
