"""The question path: from a prompt to rows, and what lets an answer be used again."""
