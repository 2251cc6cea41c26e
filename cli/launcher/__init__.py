"""The parent process of the embedded stack: PostgreSQL, the S3 + SQS emulator and our own processes. Loopback only."""
