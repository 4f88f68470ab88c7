"""The ladder in characters: text by itself, and source that Markdown, Mermaid or PlantUML read."""
