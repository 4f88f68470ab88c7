"""What the exercises ask for, a file for each lesson: a function from a trace to the steps that it shows done."""
