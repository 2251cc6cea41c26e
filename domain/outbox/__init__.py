"""Messages that commit together with the change they announce."""
