//! From the tables to text.
