"""A supervisor's answer to what is contested: verdicts, settled objects, send-back with feedback."""
