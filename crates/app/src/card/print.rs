//! The card on paper: two sides of the size of a bank card (ISO/IEC 7810, ID-1), one below the other, to be folded
//! along the middle. One side would leave no room for letters that old eyes can read.

use qrcode::{Color, EcLevel, QrCode};

use super::Card;
use crate::{Error, Result};

// All lengths are tenths of a millimetre.
const WIDTH: usize = 856;
const HEIGHT: usize = 540;
const MARGIN: usize = 44;
/// A square of the QR code: 0.7 mm is read by the cheapest camera.
const MODULE: usize = 7;
/// The light border that a QR code needs, in squares.
const QUIET: usize = 4;

/// How a text is set.
struct Style {
    size: usize,
    leading: usize,
    /// So many characters fit into a line.
    columns: usize,
    weight: &'static str,
    fill: &'static str,
}

const fn plain(size: usize, leading: usize, columns: usize) -> Style {
    Style { size, leading, columns, weight: "normal", fill: "black" }
}

const fn bold(size: usize, leading: usize, columns: usize) -> Style {
    Style { size, leading, columns, weight: "bold", fill: "black" }
}

const fn pale(size: usize, leading: usize, columns: usize) -> Style {
    Style { size, leading, columns, weight: "normal", fill: "dimgray" }
}

/// Beside the QR code, the largest that the name fits in, and in how many lines.
static NAMES: [(Style, usize); 3] = [(bold(56, 64, 13), 3), (bold(40, 46, 18), 5), (bold(30, 35, 24), 6)];

const FRONT: [(Style, &str); 2] =
    [(bold(64, 76, 13), "Thẻ học tập"), (pale(32, 44, 24), "Study card · Đèn Sách")];
const FRONT_FOOT: (Style, &str) =
    (plain(34, 42, 44), "Xin quét mã này để ghi giờ học cho người có tên trên thẻ.");
const BACK: [(Style, &str); 6] = [
    (bold(40, 54, 36), "Thẻ này để làm gì?"),
    (
        plain(36, 42, 42),
        "Không có điện thoại, bác đưa thẻ cho người giúp quét mã. Giờ học ghi cho bác, kèm tên người đã quét.",
    ),
    (bold(40, 58, 36), "Lỡ mất thẻ?"),
    (
        plain(36, 42, 42),
        "Bác báo chi hội khuyến học để làm thẻ mới. Thẻ cũ hết dùng được ngay; giờ học đã ghi vẫn còn.",
    ),
    (plain(36, 48, 44), "Ai nhặt được, xin gửi lại chi hội giúp bác."),
    (
        pale(20, 25, 74),
        "Let a helper scan this card: your study is put down to you, with the helper's name. \
         Lost? Have your branch make a new one; this one then stops working, and no hours are lost.",
    ),
];

/// The whole card.
pub(super) fn svg(card: &Card) -> Result<String> {
    let (qr, qr_width) = qr(&card.token)?;
    let qr_left = WIDTH - MARGIN - qr_width;
    let mut front = Side::at(MARGIN);
    FRONT.iter().for_each(|(style, text)| front.write(style, text));
    front.top += MARGIN / 2;
    front.write(name_style(&card.full_name), &card.full_name);
    let mut number = Side { left: qr_left + QUIET * MODULE, ..Side::at(MARGIN + qr_width) };
    number.write(&pale(26, 26, 30), &format!("Số {} · {}", card.serial, day(card)));
    let mut foot = Side::at(HEIGHT - MARGIN / 2 - 2 * FRONT_FOOT.0.leading);
    foot.write(&FRONT_FOOT.0, FRONT_FOOT.1);
    let mut back = Side::at(HEIGHT + MARGIN / 2);
    BACK.iter().for_each(|(style, text)| back.write(style, text));
    let texts = [front, number, foot, back].map(|side| side.svg).concat();
    let label = escape(&format!("Thẻ học tập: {}", card.full_name));
    let (width_mm, height_mm) = (WIDTH as f64 / 10.0, 2.0 * HEIGHT as f64 / 10.0);
    let (whole_height, frame_width, frame_height) = (2 * HEIGHT, WIDTH - 2, 2 * HEIGHT - 2);
    Ok(format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" width="{width_mm}mm" height="{height_mm}mm" viewBox="0 0 {WIDTH} {whole_height}" role="img" font-family="'Noto Sans', 'Segoe UI', Roboto, Arial, sans-serif">
<title>{label}</title>
<rect x="1" y="1" width="{frame_width}" height="{frame_height}" rx="30" fill="white" stroke="gray" stroke-width="2"/>
<path d="M0 {HEIGHT}H{WIDTH}" stroke="gray" stroke-width="2" stroke-dasharray="12 10"/>
<path transform="translate({qr_left} {MARGIN}) scale({MODULE})" d="{qr}" fill="black" shape-rendering="crispEdges"/>
{texts}</svg>
"#
    ))
}

/// The dark squares of a QR code as one path, row by row, and how wide the code is with its border. A quarter of it
/// may be worn off.
fn qr(text: &str) -> Result<(String, usize)> {
    let code = QrCode::with_error_correction_level(text, EcLevel::Q)
        .map_err(|error| Error::internal(error.to_string()))?;
    let mut path = String::new();
    for (y, row) in code.to_colors().chunks(code.width()).enumerate() {
        let mut x = 0;
        for run in row.chunk_by(|left, right| left == right) {
            if run.first() == Some(&Color::Dark) {
                path.push_str(&format!("M{} {}h{}v1h-{}z", x + QUIET, y + QUIET, run.len(), run.len()));
            }
            x += run.len();
        }
    }
    Ok((path, (code.width() + 2 * QUIET) * MODULE))
}

/// Texts below each other, each line at the left.
struct Side {
    left: usize,
    top: usize,
    svg: String,
}

impl Side {
    fn at(top: usize) -> Self {
        Self { left: MARGIN, top, svg: String::new() }
    }

    fn write(&mut self, style: &Style, text: &str) {
        let Style { size, leading, columns, weight, fill } = style;
        for line in wrap(text, *columns) {
            self.top += leading;
            // Letters such as "g" reach below the line that they stand on.
            let (left, base, line) = (self.left, self.top - leading / 4, escape(&line));
            self.svg.push_str(&format!(
                "<text x=\"{left}\" y=\"{base}\" font-size=\"{size}\" font-weight=\"{weight}\" fill=\"{fill}\">\
                 {line}</text>\n"
            ));
        }
    }
}

fn name_style(name: &str) -> &'static Style {
    let [rest @ .., last] = &NAMES;
    let fits = |(style, lines): &&(Style, usize)| wrap(name, style.columns).len() <= *lines;
    &rest.iter().find(fits).unwrap_or(last).0
}

/// The day as Vietnamese write it: `23/11/2026`.
fn day(card: &Card) -> String {
    let day = card.issued_at.civil_day().to_string();
    let mut parts: Vec<&str> = day.split('-').collect();
    parts.reverse();
    parts.join("/")
}

/// Cuts a text into lines between words; a word that is longer than a line is cut too.
fn wrap(text: &str, columns: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut room = 0;
    for word in text.split_whitespace() {
        let letters: Vec<char> = word.chars().collect();
        for (index, piece) in letters.chunks(columns).enumerate() {
            match lines.last_mut() {
                Some(line) if index == 0 && piece.len() < room => {
                    line.push(' ');
                    line.extend(piece);
                    room -= piece.len() + 1;
                }
                Some(_) | None => {
                    lines.push(piece.iter().collect());
                    room = columns - piece.len();
                }
            }
        }
    }
    lines
}

/// A text as XML holds it; what XML cannot hold is left out.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            '\u{fffe}' | '\u{ffff}' => {}
            control if control.is_control() => {}
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use densach_domain::Timestamp;
    use densach_domain::id::CitizenId;
    use uuid::Uuid;

    use super::*;

    fn card(full_name: &str) -> Card {
        Card {
            citizen: CitizenId::from_uuid(Uuid::from_u128(7)),
            serial: 3,
            issued_at: Timestamp::from_ms(1_795_500_000_000),
            full_name: full_name.to_owned(),
            token: format!("DS1-{}-{}", "0F".repeat(20), "A7".repeat(16)),
        }
    }

    #[test]
    fn a_card_says_whose_it_is_and_what_to_do() {
        let svg = card("Nguyễn Thị Minh Khai").svg().unwrap();
        for words in
            ["Thẻ học tập", "Study card", "Nguyễn Thị", "Minh Khai", "Lỡ mất thẻ?", "Số 3 · 24/11/2026"]
        {
            assert!(svg.contains(words), "{words}: {svg}");
        }
        assert!(!svg.contains("DS1-"), "only the QR code says it");
    }

    #[test]
    fn a_name_is_no_markup() {
        let svg = card("<b>\"An\" & 'Bình'\u{1}</b>").svg().unwrap();
        assert!(svg.contains("&lt;b&gt;&quot;An&quot; &amp;") && !svg.contains("<b>"), "{svg}");
        assert!(svg.chars().all(|letter| letter == '\n' || !letter.is_control()));
    }

    #[test]
    fn every_text_stays_on_its_side() {
        let long = "Nguyễn Hoàng Phương ".repeat(5);
        for name in ["An", long.trim(), &"Ơ".repeat(100)] {
            let lines = wrap(name, name_style(name).columns).len() * name_style(name).leading;
            let head: usize = FRONT.iter().map(|(style, _)| style.leading).sum();
            let foot = MARGIN / 2 + 2 * FRONT_FOOT.0.leading;
            assert!(MARGIN + head + MARGIN / 2 + lines + foot <= HEIGHT, "{name}");
        }
        let lines = BACK.iter().map(|(style, text)| style.leading * wrap(text, style.columns).len());
        assert!(MARGIN / 2 + lines.sum::<usize>() <= HEIGHT - MARGIN / 2);
    }

    #[test]
    fn lines_break_between_words() {
        let check = |text: &str, expected: &[&str]| assert_eq!(wrap(text, 8), expected, "{text}");
        check("", &[]);
        check("Trần Văn Bình", &["Trần Văn", "Bình"]);
        check("mười hai", &["mười hai"]);
        check("mộthaibabốnnăm sáu", &["mộthaiba", "bốnnăm", "sáu"]);
    }

    #[test]
    fn a_qr_code_has_its_three_corners() {
        let (path, width) = qr("DS1-0").unwrap();
        assert!(path.starts_with("M4 4h7v1h-7z"), "{path}");
        assert_eq!(width % MODULE, 0);
        // The card's own text: 37 squares and the border.
        assert_eq!(qr(&card("An").token).unwrap().1, 45 * MODULE);
    }
}
