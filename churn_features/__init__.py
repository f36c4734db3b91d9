"""What is known about an account on a date: tables, time, features, outcomes. Expressions in, expressions out."""
