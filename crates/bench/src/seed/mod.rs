//! A province of made-up people with a year behind them, in seconds instead of a year: what one phone says goes through
//! the real use cases, what everybody else has is made from it by SQL.

pub mod copies;
pub mod number;
pub mod people;
pub mod phone;
pub mod tree;
pub mod works;
pub mod year;
