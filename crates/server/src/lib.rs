//! densach-server
