//! Laws that hold for every input.

use densach_text::typing::{Method, decode, encode};
use densach_text::*;
use proptest::prelude::*;
use unicode_normalization::UnicodeNormalization;

fn nfd(text: &str) -> String {
    text.nfd().collect()
}

/// Words of Vietnamese letters, in any case.
fn vietnamese() -> impl Strategy<Value = String> {
    "[a-zA-ZàảãáạăằẳẵắặâầẩẫấậèẻẽéẹêềểễếệìỉĩíịòỏõóọôồổỗốộơờởỡớợùủũúụưừửữứựỳỷỹýỵđĐÁẠẶẤỆỐỢỮỲ0-9]{1,9}"
}

/// Text of such words, of marks alone and of whatever else Unicode has.
fn anything() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => vietnamese(),
        2 => "[ .,!?…“”\n–/&-]{1,2}",
        1 => "[\u{300}\u{301}\u{302}\u{303}\u{306}\u{309}\u{31b}\u{323}\u{200b}\u{a0}\r]",
        1 => "\\PC{0,4}",
    ];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

fn syllable() -> impl Strategy<Value = Syllable> {
    let onset = "(|b|c|ch|d|đ|g|gh|gi|h|k|kh|l|m|n|ng|ngh|nh|ph|qu|r|s|t|th|tr|v|x)";
    let rime = "(a|ai|ang|anh|ach|ăn|âu|e|eo|ê|êch|i|ia|iêng|iêt|o|oa|oai|oan|oe|oăt|oong|ô|ông|ơ|ơi|u|ua|uân|\
        uê|uôi|uơ|uy|uya|uyên|uyu|ư|ưa|ương|ươu|ước|y|yêu)";
    (onset, rime, prop::sample::select(&Tone::ALL[..])).prop_filter_map("valid", |(onset, rime, tone)| {
        let digit = tone.digit().map(String::from).unwrap_or_default();
        Syllable::from_key(&format!("{onset}{rime}{digit}")).filter(Syllable::is_valid)
    })
}

proptest! {
    #[test]
    fn normalize_is_idempotent(text in anything()) {
        let once = normalize(&text);
        prop_assert_eq!(normalize(&once), once.clone());
        let apart = nfd(&once);
        prop_assert_eq!(normalize(&apart), once);
    }

    #[test]
    fn fold_is_idempotent(text in anything()) {
        let once = fold(&text);
        prop_assert_eq!(fold(&once), once);
    }

    #[test]
    fn fold_is_ascii(word in vietnamese()) {
        prop_assert!(fold(&word).is_ascii());
        prop_assert_eq!(fold(&nfd(&word)), fold(&word));
        prop_assert_eq!(fold(&exact_key(&word)).len(), exact_key(&word).chars().count());
    }

    #[test]
    fn exact_key_ignores_the_form(text in anything()) {
        let key = exact_key(&text);
        prop_assert_eq!(exact_key(&nfd(&text)), key.clone());
        prop_assert_eq!(exact_key(&key), key);
    }

    #[test]
    fn syllables_survive(s in syllable()) {
        for style in [ToneStyle::Old, ToneStyle::New] {
            prop_assert_eq!(Syllable::parse(&s.spell(style)), Some(s));
            prop_assert_eq!(Syllable::parse(&nfd(&s.spell(style)).to_uppercase()), Some(s));
            prop_assert_eq!(exact_key(&s.spell(style)), s.key());
        }
        prop_assert!(s.is_prefix());
    }

    #[test]
    fn keys_decode(s in syllable()) {
        for method in [Method::Telex, Method::Vni] {
            prop_assert!(decode(&encode(&s, method)).contains(&s), "{}", s);
        }
    }

    #[test]
    fn decode_is_bounded(raw in "[a-z0-9]{0,14}") {
        let found = decode(&raw);
        prop_assert!(found.len() <= 128);
        prop_assert!(found.iter().all(|s| s.is_valid() || s.is_prefix()));
    }

    #[test]
    fn tokens_are_slices(text in anything()) {
        let mut end = 0;
        for token in tokens(&text) {
            prop_assert_eq!(text.get(token.range()), Some(token.text));
            prop_assert!(token.start >= end && !token.text.is_empty());
            end = token.end();
        }
        prop_assert_eq!(bigrams(&text).count(), words(&text).saturating_sub(1));
        prop_assert!(compounds(&text).all(|c| text.get(c.range()) == Some(c.text)));
    }

    #[test]
    fn orders_agree(a in anything(), b in anything()) {
        prop_assert_eq!(compare(&a, &b), collation_key(&a).cmp(&collation_key(&b)));
        prop_assert_eq!(name::compare(&a, &b), name::sort_key(&a).cmp(&name::sort_key(&b)));
        prop_assert_eq!(collation_key(&nfd(&a)), collation_key(&a));
    }

    #[test]
    fn slug_is_safe(text in anything()) {
        let slug = slug(&text);
        prop_assert!(slug.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'));
        prop_assert!(!slug.starts_with('-') && !slug.ends_with('-') && !slug.contains("--"));
        prop_assert_eq!(densach_text::slug(&slug), slug.clone());
    }

    #[test]
    fn passages_keep_every_word(text in anything(), limit in 1_usize..9) {
        let found: Vec<_> = passages(&text, limit).collect();
        prop_assert!(found.iter().all(|p| p.words <= limit && words(p.text) == p.words));
        prop_assert!(found.iter().all(|p| text.get(p.range()) == Some(p.text)));
        prop_assert_eq!(found.iter().map(|p| p.words).sum::<usize>(), words(&text));
        prop_assert!(within(&text, words(&text)));
    }

    #[test]
    fn names_are_tidy(text in anything()) {
        let tidy = name::tidy(&text).into_owned();
        prop_assert_eq!(name::tidy(&tidy).into_owned(), tidy.clone());
        prop_assert_eq!(name::sort_key(&tidy), name::sort_key(&text));
    }
}
