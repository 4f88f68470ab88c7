"""From the model of a ladder to a display list: where everything stands, and the shapes of each row."""
