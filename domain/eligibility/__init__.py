"""Who may work in a project and who not, decided when people or policies change and never when work is claimed."""
