//! The logo of a customer: a PNG or JPEG file, bounded before it is unpacked.

use std::io::Cursor;

use png::{ColorType, Decoder, Limits, Transformations};
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

/// Most bytes of a logo: it lies in every document.
pub const MOST_BYTES: usize = 500_000;
/// Most pixels of an edge.
const MOST_EDGE: u32 = 4_000;
/// Most pixels: 60 x 20 mm at 1,200 dots per inch have fewer.
const MOST_PIXELS: u32 = 3_000_000;
/// What is said to an SVG, which is a program rather than a picture: it can load other files, run scripts and grow
/// without bounds. 945 by 189 pixels are the 80 by 16 mm of the letterhead at 300 dots per inch.
pub const SVG_REFUSED: &str = "SVG wird nicht angenommen, weil es fremde Dateien nachladen kann; bitte als PNG mit 945 x 189 Pixel oder mehr speichern (80 x 16 mm, höchstens 4000 Pixel je Kante und 500 KB)";
/// Most passes of a JPEG: ordinary ones have ten.
const MOST_SCANS: usize = 40;

/// A picture as a PDF holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Picture {
    /// Pixels across.
    pub(crate) width: u32,
    /// Pixels down.
    pub(crate) height: u32,
    /// Grey instead of red, green and blue.
    pub(crate) grey: bool,
    /// A JPEG file as it is; else one byte per pixel and colour, row by row.
    pub(crate) jpeg: bool,
    /// The file, or the pixels.
    pub(crate) bytes: Vec<u8>,
}

impl Picture {
    /// Reads a file.
    ///
    /// # Errors
    /// Why it cannot be used; German.
    pub(crate) fn read(file: &[u8]) -> Result<Self, String> {
        if MOST_BYTES < file.len() {
            return Err(format!("das Bild hat {} Bytes, erlaubt sind {MOST_BYTES}", file.len()));
        }
        if file.starts_with(b"\x89PNG") {
            png(file)
        } else if file.starts_with(&[0xff, 0xd8]) {
            jpeg(file)
        } else if is_svg(file) {
            Err(SVG_REFUSED.to_owned())
        } else {
            Err("die Datei ist weder PNG noch JPEG".to_owned())
        }
    }
}

/// Refuses too many pixels before any is unpacked.
fn bounded(width: u32, height: u32) -> Result<(), String> {
    let pixels = u64::from(width) * u64::from(height);
    if width == 0 || height == 0 || MOST_EDGE < width || MOST_EDGE < height || u64::from(MOST_PIXELS) < pixels {
        return Err(format!(
            "das Bild hat {width} x {height} Pixel, erlaubt sind je Kante {MOST_EDGE} und zusammen {MOST_PIXELS}"
        ));
    }
    Ok(())
}

fn png(file: &[u8]) -> Result<Picture, String> {
    let broken = |error: png::DecodingError| format!("das PNG ist beschädigt ({error})");
    let mut decoder = Decoder::new_with_limits(Cursor::new(file), Limits { bytes: 64 << 20 });
    let info = decoder.read_header_info().map_err(broken)?;
    let (width, height) = (info.width, info.height);
    bounded(width, height)?;
    decoder.set_transformations(Transformations::EXPAND | Transformations::STRIP_16);
    let mut reader = decoder.read_info().map_err(broken)?;
    let size = reader.output_buffer_size().ok_or("das PNG ist zu groß")?;
    let mut pixels = vec![0; size];
    let frame = reader.next_frame(&mut pixels).map_err(broken)?;
    pixels.truncate(frame.buffer_size());
    let (grey, bytes) = match frame.color_type {
        ColorType::Grayscale => (true, pixels),
        ColorType::GrayscaleAlpha => (true, on_paper(&pixels, 1)),
        ColorType::Rgb => (false, pixels),
        ColorType::Rgba => (false, on_paper(&pixels, 3)),
        ColorType::Indexed => return Err("das PNG ist beschädigt (Farbpalette fehlt)".to_owned()),
    };
    Ok(Picture { width, height, grey, jpeg: false, bytes })
}

/// Lays half-transparent pixels on white paper.
fn on_paper(pixels: &[u8], colours: usize) -> Vec<u8> {
    let mut laid = Vec::with_capacity(pixels.len() / (colours + 1) * colours);
    for pixel in pixels.chunks_exact(colours + 1) {
        let opacity = u32::from(pixel[colours]);
        for colour in &pixel[..colours] {
            let mixed = (u32::from(*colour) * opacity + 255 * (255 - opacity) + 127) / 255;
            laid.push(u8::try_from(mixed).unwrap_or(u8::MAX));
        }
    }
    laid
}

/// Whether it begins as an SVG does; nothing of it is read further.
fn is_svg(file: &[u8]) -> bool {
    let begin = String::from_utf8_lossy(&file[..file.len().min(2_000)]);
    begin.trim_start_matches('\u{feff}').trim_start().starts_with('<') && begin.contains("<svg")
}

fn jpeg(file: &[u8]) -> Result<Picture, String> {
    let edge = usize::try_from(MOST_EDGE).unwrap_or(usize::MAX);
    let options = DecoderOptions::default()
        .set_strict_mode(true)
        // Larger ones are told with their size below.
        .set_max_width(edge.max(usize::from(u16::MAX)))
        .set_max_height(edge.max(usize::from(u16::MAX)))
        .jpeg_set_max_scans(MOST_SCANS);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(file), options);
    decoder.decode_headers().map_err(|error| format!("das JPEG ist beschädigt ({error:?})"))?;
    let info = decoder.info().ok_or("das JPEG ist beschädigt")?;
    let (width, height) = (u32::from(info.width), u32::from(info.height));
    bounded(width, height)?;
    let grey = match decoder.input_colorspace() {
        Some(ColorSpace::Luma) => true,
        Some(ColorSpace::YCbCr | ColorSpace::RGB) => false,
        _ => return Err("das JPEG hat Druckfarben (CMYK); erlaubt sind RGB und Graustufen".to_owned()),
    };
    decoder.decode().map_err(|error| format!("das JPEG ist beschädigt ({error:?})"))?;
    Ok(Picture { width, height, grey, jpeg: true, bytes: file.to_vec() })
}

#[cfg(test)]
mod tests {
    use super::*;

    const PNG: &[u8] = include_bytes!("../tests/house/logo.png");
    const JPEG: &[u8] = include_bytes!("../tests/pictures/logo.jpg");

    /// The PNG with other dimensions in its header, and the checksum that belongs to them.
    fn of_size(width: u32, height: u32) -> Vec<u8> {
        let mut file = PNG.to_vec();
        file[16..20].copy_from_slice(&width.to_be_bytes());
        file[20..24].copy_from_slice(&height.to_be_bytes());
        let sum = checksum(&file[12..29]);
        file[29..33].copy_from_slice(&sum.to_be_bytes());
        file
    }

    /// CRC-32 as PNG has it.
    fn checksum(bytes: &[u8]) -> u32 {
        !bytes.iter().fold(u32::MAX, |sum, byte| {
            (0..8).fold(sum ^ u32::from(*byte), |sum, _| (sum >> 1) ^ (0xedb8_8320 & (sum & 1).wrapping_neg()))
        })
    }

    fn refused(file: &[u8], wanted: &str) {
        let why = Picture::read(file).expect_err("a refusal");
        assert!(why.contains(wanted), "{why}");
    }

    #[test]
    fn a_png_is_laid_on_white_paper() {
        let picture = Picture::read(PNG).expect("a picture");
        assert_eq!((picture.width, picture.height, picture.grey, picture.jpeg), (600, 200, false, false));
        assert_eq!(picture.bytes.len(), 600 * 200 * 3);
        assert_eq!(&picture.bytes[..3], [255, 255, 255], "the corner is transparent");
    }

    #[test]
    fn a_jpeg_stays_as_it_is() {
        let picture = Picture::read(JPEG).expect("a picture");
        assert_eq!((picture.width, picture.height, picture.grey, picture.jpeg), (600, 200, false, true));
        assert_eq!(picture.bytes, JPEG);
    }

    #[test]
    fn a_picture_of_too_many_pixels_is_refused_before_it_is_unpacked() {
        refused(&of_size(100_000, 100_000), "100000 x 100000 Pixel");
        refused(&of_size(4_000, 4_000), "zusammen 3000000");
        refused(&of_size(0, 200), "PNG ist beschädigt");
        let mut wide = JPEG.to_vec();
        let frame = wide.windows(2).position(|it| it == [0xff, 0xc0]).expect("a frame header");
        wide[frame + 5..frame + 9].copy_from_slice(&[0xff, 0xff, 0xff, 0xff]);
        refused(&wide, "65535 x 65535 Pixel");
    }

    #[test]
    fn what_is_broken_or_no_picture_is_refused() {
        refused(&PNG[..PNG.len() / 2], "PNG ist beschädigt");
        refused(&JPEG[..JPEG.len() / 2], "JPEG ist beschädigt");
        for svg in [
            "<svg xmlns='http://www.w3.org/2000/svg'/>",
            "\u{feff}<?xml version='1.0'?>\n<!DOCTYPE svg [<!ENTITY a SYSTEM 'file:///etc/passwd'>]>\n<svg>&a;</svg>",
            "<svg><image href='http://example.org/x.png'/></svg>",
        ] {
            refused(svg.as_bytes(), "bitte als PNG mit 945 x 189 Pixel");
        }
        refused(b"<html>svg</html>", "weder PNG noch JPEG");
        refused(&[], "weder PNG noch JPEG");
        refused(&vec![0; 50_000_000], "das Bild hat 50000000 Bytes");
    }
}
