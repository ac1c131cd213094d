#![doc = include_str!("../README.md")]

mod collate;
mod compound;
mod count;
mod fold;
mod key;
mod letter;
pub mod name;
mod normalize;
mod passage;
mod rime;
mod slug;
mod syllable;
mod table;
mod token;
pub mod typing;

pub use collate::{collation_key, compare};
pub use compound::{Compound, CompoundKind, compounds, document_number};
pub use count::{within, words};
pub use fold::{fold, fold_into};
pub use key::{exact_key, exact_key_into};
pub use letter::{Letter, Shape, Tone};
pub use normalize::normalize;
pub use passage::{Passage, passages, sentences};
pub use slug::slug;
pub use syllable::{Syllable, ToneStyle, is_syllable};
pub use token::{Token, Tokens, bigrams, tokens};
