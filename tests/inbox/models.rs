//! A brute-force model of the inbox.
