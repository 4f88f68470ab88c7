"""Front ends for notebooks: thin, on ipywidgets and anywidget.

May import every room but cli; nobody inside imports this one, except through the door `Lab.panel`."""
