//! densach-app
