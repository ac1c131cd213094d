#!/usr/bin/env python3
"""Makes the narrated videos of the starter library from the scripts in videos/<slug>.toml.

For every script it writes ../media/<slug>.mp4 (H.264 and AAC), ../media/<slug>.vi.vtt (captions)
and ../media/<slug>.jpg (cover), and puts the transcript under the front matter of
../videos/<slug>.md when that file exists.

What it needs, on Debian 12 or newer:

    apt-get install ffmpeg espeak-ng python3-pil fonts-noto-core

Then:

    python3 videos.py              # every script
    python3 videos.py SLUG ...     # only these

The same versions of these packages give the same bytes on every run.
"""

import array
import subprocess
import sys
import tempfile
import textwrap
import tomllib
import unicodedata
import wave
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

HERE = Path(__file__).resolve().parent
SCRIPTS = HERE / "videos"
PAGES = HERE.parent / "videos"
MEDIA = HERE.parent / "media"

FONT_DIR = Path("/usr/share/fonts/truetype/noto")
SERIF_BOLD = FONT_DIR / "NotoSerif-Bold.ttf"
SANS = FONT_DIR / "NotoSans-Regular.ttf"

WIDTH, HEIGHT = 640, 360
SCALE = 3  # slides are drawn larger and then reduced, for smooth edges
PAPER, INK, FAINT = "#f6efdf", "#2b2620", "#6f6556"
BRASS, BRASS_DARK, GLASS, GLOW, FLAME = "#b98a3c", "#8a6424", "#fbf7ec", "#f9e3ae", "#e8912d"

FPS = 5
WORDS_PER_MINUTE = 135
SENTENCE_PAUSE = 0.45  # seconds of silence after each sentence
SLIDE_PAUSE = 0.9  # and after the last one of a slide
LEAD_IN = 0.5  # before the first one of a slide
SILENCE = 200  # samples below this count as silence at the ends of a sentence
CAPTION_WIDTH = 42  # characters in one line of a caption, of which there are at most two


# ---------------------------------------------------------------- scripts


def read_script(path):
    script = tomllib.loads(unicodedata.normalize("NFC", path.read_text(encoding="utf-8")))
    for slide in script["slides"]:
        slide["sentences"] = sentences(slide["speech"])
        for sentence in slide["sentences"]:
            if len(caption_lines(sentence)) > 2:
                raise SystemExit(f"{path.name}: too long for one caption: {sentence}")
    return script


def sentences(text):
    found, words = [], []
    for word in text.split():
        words.append(word)
        if word[-1] in ".?!":
            found.append(" ".join(words))
            words = []
    if words:
        raise SystemExit(f"speech does not end with a full stop: {' '.join(words)}")
    return found


def caption_lines(sentence):
    lines = textwrap.wrap(sentence, CAPTION_WIDTH)
    if len(lines) == 2:  # two lines of about the same length read better
        for width in range(len(sentence) // 2, CAPTION_WIDTH + 1):
            even = textwrap.wrap(sentence, width)
            if len(even) == 2:
                return even
    return lines


# ---------------------------------------------------------------- slides


def font(path, size):
    return ImageFont.truetype(str(path), size * SCALE, layout_engine=ImageFont.Layout.BASIC)


def box(*numbers):
    return [n * SCALE for n in numbers]


def draw_lamp(draw, x, y, size):
    """An oil lamp whose foot stands at (x, y) and which is `size` high."""
    u = size / 100

    def at(*pairs):
        return [((x + px * u) * SCALE, (y - py * u) * SCALE) for px, py in pairs]

    def ellipse(cx, cy, rx, ry, fill):
        draw.ellipse(at((cx - rx, cy + ry), (cx + rx, cy - ry)), fill=fill)

    ellipse(0, 68, 38, 38, GLOW)
    draw.polygon(at((-24, 0), (24, 0), (9, 9), (-9, 9)), fill=BRASS_DARK)
    draw.polygon(at((-5, 9), (5, 9), (4, 17), (-4, 17)), fill=BRASS_DARK)
    ellipse(0, 27, 23, 12, BRASS)
    draw.polygon(at((-10, 36), (10, 36), (13, 44), (-13, 44)), fill=BRASS_DARK)
    chimney = at((-10, 44), (-17, 58), (-16, 70), (-9, 82), (-8, 100),
                 (8, 100), (9, 82), (16, 70), (17, 58), (10, 44))
    draw.polygon(chimney, fill=GLASS)
    draw.line(chimney + chimney[:1], fill=FAINT, width=round(1.4 * u * SCALE), joint="curve")
    draw.polygon(at((0, 78), (-4, 68), (-6, 58), (-4, 50), (4, 50), (6, 58), (4, 68)), fill=FLAME)
    ellipse(0, 54, 6, 6, FLAME)
    ellipse(0, 54, 2.5, 5, GLOW)


def blank():
    image = Image.new("RGB", (WIDTH * SCALE, HEIGHT * SCALE), PAPER)
    return image, ImageDraw.Draw(image)


def finish(image):
    return image.resize((WIDTH, HEIGHT), Image.LANCZOS)


def write(draw, x, y, text, face, fill, room):
    if draw.textlength(text, face) > room * SCALE:
        raise SystemExit(f"too wide for a slide: {text}")
    draw.text((x * SCALE, y * SCALE), text, font=face, fill=fill, anchor="ls")


def break_lines(draw, text, face, room):
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and draw.textlength(longer, face) > room * SCALE:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


def footer(draw, text):
    draw.line(box(40, 322, 600, 322), fill="#dccfb4", width=SCALE)
    write(draw, 40, 344, text, font(SANS, 13), FAINT, 560)


def title_slide(script):
    image, draw = blank()
    draw_lamp(draw, 510, 290, 200)
    face = font(SERIF_BOLD, 34)
    lines = break_lines(draw, script["title"], face, 390)
    y = 185 - 23 * (len(lines) - 1)
    for line in lines:
        write(draw, 40, y, line, face, INK, 390)
        y += 46
    footer(draw, "Đèn Sách · giọng đọc máy · CC BY 4.0")
    return finish(image)


def slide_image(script, slide, number):
    if not slide.get("lines"):
        return title_slide(script)
    image, draw = blank()
    draw_lamp(draw, 556, 300, 110)
    write(draw, 40, 72, slide["heading"], font(SERIF_BOLD, 30), INK, 560)
    draw.line(box(40, 92, 120, 92), fill=FLAME, width=3 * SCALE)
    y = 140
    for line in slide["lines"]:
        draw.ellipse(box(40, y - 12, 48, y - 4), fill=BRASS)
        write(draw, 62, y, line, font(SANS, 24), INK, 440)
        y += 46
    footer(draw, f"Đèn Sách · {number}/{len(script['slides'])}")
    return finish(image)


# ---------------------------------------------------------------- speech


def speak(sentence, say, folder):
    """The sentence as 16-bit mono samples without silence at its ends, and their rate."""
    for written, spoken in say.items():
        sentence = sentence.replace(written, spoken)
    path = folder / "sentence.wav"
    subprocess.run(
        ["espeak-ng", "-v", "vi", "-s", str(WORDS_PER_MINUTE), "-a", "60", "-w", path, sentence],
        check=True,
    )
    with wave.open(str(path)) as sound:
        rate = sound.getframerate()
        samples = array.array("h", sound.readframes(sound.getnframes()))
    if sys.byteorder == "big":
        samples.byteswap()
    loud = [i for i, value in enumerate(samples) if abs(value) > SILENCE]
    return samples[loud[0]:loud[-1] + 1], rate


def record(script, folder):
    """All samples, their rate, the captions (start, end, sentence) and the frames of each slide."""
    track, captions, frames, rate = array.array("h"), [], [], 22050
    for slide in script["slides"]:
        first = len(track)
        track.extend([0] * round(LEAD_IN * rate))
        for sentence in slide["sentences"]:
            samples, rate = speak(sentence, script.get("say", {}), folder)
            start = len(track)
            track.extend(samples)
            captions.append((start / rate, len(track) / rate + 0.25, sentence))
            track.extend([0] * round(SENTENCE_PAUSE * rate))
        track.extend([0] * round((SLIDE_PAUSE - SENTENCE_PAUSE) * rate))
        # Slides change on whole frames, so the sound of each is filled up to one.
        count = -(-(len(track) - first) * FPS // rate)
        track.extend([0] * (first + count * rate // FPS - len(track)))
        frames.append(count)
    return track, rate, captions, frames


# ---------------------------------------------------------------- output


def encode(script, images, frames, track, rate, folder, path):
    sound = folder / "track.wav"
    with wave.open(str(sound), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes(track.tobytes())
    starts = [sum(frames[:i]) / FPS for i in range(len(frames))]
    command = [
        "ffmpeg", "-hide_banner", "-loglevel", "error", "-y",
        "-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{WIDTH}x{HEIGHT}", "-r", str(FPS), "-i", "-",
        "-i", sound,
        "-map", "0:v", "-map", "1:a", "-map_metadata", "-1",
        "-vf", "scale=out_color_matrix=bt709:out_range=tv,format=yuv420p",
        "-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709",
        "-c:v", "libx264", "-profile:v", "main", "-level", "3.0", "-preset", "veryslow",
        "-tune", "stillimage", "-crf", "27", "-g", str(FPS * 30), "-threads", "1",
        "-force_key_frames", ",".join(f"{s:.1f}" for s in starts),
        "-bsf:v", "filter_units=remove_types=6",
        "-c:a", "aac", "-b:a", "22k", "-ac", "1",
        "-metadata", f"title={script['title']}",
        "-metadata", "copyright=CC BY 4.0",
        "-metadata:s:a:0", "language=vie",
        "-fflags", "+bitexact", "-flags:v", "+bitexact", "-flags:a", "+bitexact",
        "-movflags", "+faststart", path,
    ]
    process = subprocess.Popen(command, stdin=subprocess.PIPE)
    for image, count in zip(images, frames):
        data = image.tobytes()
        for _ in range(count):
            process.stdin.write(data)
    process.stdin.close()
    if process.wait():
        raise SystemExit(f"ffmpeg failed on {path.name}")


def stamp(seconds):
    thousandths = round(seconds * 1000)
    minutes, rest = divmod(thousandths, 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{rest // 1000:02}.{rest % 1000:03}"


def webvtt(captions):
    cues = ["WEBVTT"]
    for number, (start, end, sentence) in enumerate(captions, 1):
        cues.append("\n".join([str(number), f"{stamp(start)} --> {stamp(end)}", *caption_lines(sentence)]))
    return "\n\n".join(cues) + "\n"


def transcript(script):
    """The spoken text as Markdown: a heading and a paragraph for each slide."""
    parts = []
    for slide in script["slides"]:
        if slide.get("lines"):
            parts.append(f"## {slide['heading']}")
        parts.append(" ".join(slide["sentences"]))
    return "\n\n".join(parts) + "\n"


def put_transcript(script, page):
    if page.exists():
        _, head, _ = page.read_text(encoding="utf-8").split("+++\n", 2)
        page.write_text(f"+++\n{head}+++\n\n{transcript(script)}", encoding="utf-8")


def make(path):
    slug, script = path.stem, read_script(path)
    MEDIA.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        images = [slide_image(script, s, n) for n, s in enumerate(script["slides"], 1)]
        track, rate, captions, frames = record(script, folder)
        encode(script, images, frames, track, rate, folder, MEDIA / f"{slug}.mp4")
    (MEDIA / f"{slug}.vi.vtt").write_text(webvtt(captions), encoding="utf-8")
    title_slide(script).save(MEDIA / f"{slug}.jpg", quality=82, optimize=True)
    put_transcript(script, PAGES / f"{slug}.md")
    size = (MEDIA / f"{slug}.mp4").stat().st_size
    seconds = sum(frames) / FPS
    print(f"{slug}: {seconds:.1f} s, {size // 1000} kB, {size * 8 / seconds / 1000:.0f} kb/s")


def main():
    wanted = [SCRIPTS / f"{slug}.toml" for slug in sys.argv[1:]] or sorted(SCRIPTS.glob("*.toml"))
    for path in wanted:
        make(path)


if __name__ == "__main__":
    main()
