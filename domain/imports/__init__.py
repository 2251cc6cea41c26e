"""Labels of other tools: read from their files, held against our pictures, shown or accepted."""
