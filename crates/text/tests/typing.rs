//! Key strokes as people leave them behind.

use densach_text::Syllable;
use densach_text::typing::{Method, decode, encode};

const SYLLABLES: &str = "học suốt đời đường được người trường giáo dục cộng đồng nghiêng nghễnh khuỷu khuya \
    xoong moóc ngoằn ngoèo hoặc quăng quốc quyển quý quơ thuở huơ mưa cửa muỗi chuối hươu rượu yêu yến ỉa \
    gì giếng giữa giặt già ừ ưng ý a á ơi ớt ăn ấn âu ô ốc êm ếch uể oải hoà thủy khoẻ tiếng việt nước \
    nam thành phố tỉnh huyện xã phường thôn bản làng sách vở thầy trò lớp trẻ em phụ huynh sinh viên rồi xã \
    sự rứt xuyên suối";

fn spelt(raw: &str) -> Vec<String> {
    decode(raw).iter().map(ToString::to_string).collect()
}

fn check(raw: &str, expected: &str) {
    let found = spelt(raw);
    assert!(found.iter().any(|s| s == expected), "{raw}: {found:?} lacks {expected}");
}

#[test]
fn encodes() {
    for (word, telex, vni) in [
        ("đời", "ddowif", "d9o7i2"),
        ("đường", "dduowngf", "d9uo7ng2"),
        ("suốt", "suoots", "suo6t1"),
        ("học", "hocj", "hoc5"),
        ("xoong", "xooong", "xoong"),
        ("ăn", "awn", "a8n"),
        ("mưa", "muwa", "mu7a"),
    ] {
        let syllable = Syllable::parse(word);
        assert_eq!(syllable.map(|s| encode(&s, Method::Telex)).as_deref(), Some(telex));
        assert_eq!(syllable.map(|s| encode(&s, Method::Vni)).as_deref(), Some(vni));
    }
}

#[test]
fn decodes_what_it_encodes() {
    for word in SYLLABLES.split_whitespace() {
        let syllable = Syllable::parse(word);
        for method in [Method::Telex, Method::Vni] {
            let raw = syllable.map(|s| encode(&s, method)).unwrap_or_default();
            assert!(decode(&raw).iter().any(|s| Some(*s) == syllable), "{word} {raw} {:?}", spelt(&raw));
        }
    }
}

#[test]
fn decodes_misplaced_keys() {
    for (raw, expected) in [
        ("hojc", "học"),
        ("hocj", "học"),
        ("hocoj", "hộc"),
        ("tieengs", "tiếng"),
        ("tienges", "tiếng"),
        ("tiengse", "tiếng"),
        ("tieesng", "tiếng"),
        ("duocwdj", "được"),
        ("duwowcjd", "được"),
        ("dduwocj", "được"),
        ("dduojcw", "được"),
        ("nhw", "như"),
        ("giwax", "giữa"),
        ("muaw", "mưa"),
        ("thuowr", "thuở"),
        ("quawng", "quăng"),
        ("boong", "bông"),
        ("boong", "boong"),
        ("toansz", "toan"),
        ("nguoi72", "người"),
        ("nguo72i", "người"),
        ("ho5c", "học"),
        ("duoc975", "được"),
        ("viêtj", "việt"),
        ("VIEETJ", "việt"),
        ("dduow", "đươ"),
        ("suoo", "suô"),
        ("toans", "toán"),
    ] {
        check(raw, expected);
    }
}

#[test]
fn first_reading_is_the_likely_one() {
    for (raw, first) in
        [("ddowif", "đời"), ("suo6t1", "suốt"), ("ddoongf", "đồng"), ("cooj", "cộ"), ("hoa", "hoa")]
    {
        assert_eq!(spelt(raw).first().map(String::as_str), Some(first));
    }
}

#[test]
fn other_words_give_nothing() {
    for raw in ["", "school", "covid19", "2020", "b52", "wxyz", "nghieeengggggggg", "日本", "x-y", "hocr"] {
        assert_eq!(spelt(raw), Vec::<String>::new(), "{raw}");
    }
}
