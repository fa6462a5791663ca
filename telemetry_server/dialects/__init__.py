"""Foreign forms, one a file: what came -> metrics or questions, and the outcome -> the form that is expected. Pure."""
