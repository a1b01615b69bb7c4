//! The colour space of our pages: sRGB (IEC 61966-2-1) as an ICC profile, made here from its figures.
//!
//! PDF/A wants the colours of a page described (ISO 19005-3, 6.2.3). The profile is of version 4.2
//! (ISO 15076-1), names the colour space and nothing else, and has no rights of third parties on it.

/// Parts of a header that is 128 bytes long.
const HEADER: [&[u8]; 10] = [
    // Size, filled in below; no preferred engine; version 4.2.
    &[0; 8],
    &[4, 0x20, 0, 0],
    b"mntrRGB XYZ ",
    // 1 January 2026, 00:00:00.
    &[7, 0xea, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0],
    b"acsp",
    // Platform, flags, device.
    &[0; 16],
    // Attributes and intent.
    &[0; 12],
    // White of the connection space (D50).
    &[0, 0, 0xf6, 0xd6, 0, 1, 0, 0, 0, 0, 0xd3, 0x2d],
    // Creator and checksum.
    &[0; 20],
    &[0; 28],
];

/// White and primaries after adaptation to D50, as 16.16 fixed point.
const WHITE: [u32; 3] = [0xf6d6, 0x1_0000, 0xd32d];
const RED: [u32; 3] = [0x6fa2, 0x38f5, 0x0390];
const GREEN: [u32; 3] = [0x6299, 0xb785, 0x18da];
const BLUE: [u32; 3] = [0x24a0, 0x0f84, 0xb6cf];
/// The Bradford matrix from D65 to D50.
const ADAPTATION: [u32; 9] = [0x1_0c42, 0x05de, 0xffff_f325, 0x0793, 0xfd90, 0xffff_fba2, 0xffff_fda3, 0x03dc, 0xc06e];
/// Gamma 2.4 with its straight part: g, a, b, c, d.
const CURVE: [u32; 5] = [0x2_6666, 0xf2a7, 0x0d59, 0x13d0, 0x0a5b];

/// The profile.
pub(crate) fn profile() -> Vec<u8> {
    let curve = [b"para\0\0\0\0\0\x03\0\0".as_slice(), &words(&CURVE)].concat();
    let parts: [([u8; 4], Vec<u8>); 8] = [
        (*b"desc", text("sRGB")),
        (*b"cprt", text("No copyright")),
        (*b"wtpt", xyz(&WHITE)),
        (*b"chad", [b"sf32\0\0\0\0".as_slice(), &words(&ADAPTATION)].concat()),
        (*b"rXYZ", xyz(&RED)),
        (*b"gXYZ", xyz(&GREEN)),
        (*b"bXYZ", xyz(&BLUE)),
        (*b"rTRC", curve),
    ];
    let mut profile = HEADER.concat();
    // The three curves are one.
    let entries = parts.len() + 2;
    let mut directory = words(&[word(entries)]);
    let mut body = Vec::new();
    let start = profile.len() + 4 + entries * 12;
    for (tag, part) in &parts {
        let place = words(&[word(start + body.len()), word(part.len())]);
        let names: &[[u8; 4]] = if tag == b"rTRC" { &[*b"rTRC", *b"gTRC", *b"bTRC"] } else { &[*tag] };
        for name in names {
            directory.extend_from_slice(name);
            directory.extend_from_slice(&place);
        }
        body.extend_from_slice(part);
        body.resize(body.len().next_multiple_of(4), 0);
    }
    profile.extend(directory);
    profile.extend(body);
    let size = word(profile.len()).to_be_bytes();
    profile[..4].copy_from_slice(&size);
    profile
}

fn word(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

fn words(numbers: &[u32]) -> Vec<u8> {
    numbers.iter().flat_map(|number| number.to_be_bytes()).collect()
}

fn xyz(numbers: &[u32]) -> Vec<u8> {
    [b"XYZ \0\0\0\0".as_slice(), &words(numbers)].concat()
}

/// A text in one language.
fn text(words_of_it: &str) -> Vec<u8> {
    let letters: Vec<u8> = words_of_it.encode_utf16().flat_map(u16::to_be_bytes).collect();
    [b"mluc\0\0\0\0".as_slice(), &words(&[1, 12]), b"enUS", &words(&[word(letters.len()), 28]), &letters].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_profile_is_as_long_as_it_says_and_its_parts_lie_within() {
        let profile = profile();
        let number = |at: usize| {
            let bytes: [u8; 4] = profile[at..at + 4].try_into().expect("four bytes");
            usize::try_from(u32::from_be_bytes(bytes)).expect("a small number")
        };
        assert_eq!(number(0), profile.len());
        assert_eq!(&profile[36..40], b"acsp");
        assert_eq!(number(128), 10);
        for entry in 0..10 {
            let at = 132 + entry * 12;
            let (offset, length) = (number(at + 4), number(at + 8));
            assert!(offset % 4 == 0 && offset + length <= profile.len());
        }
    }

    #[test]
    fn the_primaries_add_up_to_white() {
        for axis in 0..3 {
            let sum = RED[axis] + GREEN[axis] + BLUE[axis];
            assert!(sum.abs_diff(WHITE[axis]) <= 16, "axis {axis}: {sum:x}");
        }
    }
}
