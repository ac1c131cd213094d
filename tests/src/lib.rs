//! densach-tests
