//! densach-graphql
