"""In which order an organisation's people are served from its projects."""
