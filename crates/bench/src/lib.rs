//! densach-bench
