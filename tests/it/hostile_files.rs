//! Files made to hurt whoever reads them, against every reader of files of others: each answers within a moment and a
//! bounded memory, with a sentence that says what is wrong, or reads what is there.

use std::fs;
use std::io::{Cursor, Write};
use std::process::Command;
use std::time::Duration;

use abruf::actions::evidence_file::{EVIDENCE, MediaType, SentFile};
use abruf::actions::import::encoding;
use abruf::actions::import::member_rows;
use abruf::actions::import::price_map::PriceMap;
use abruf::actions::import::purchases;
use abruf::actions::import::spreadsheet;
use abruf::actions::import::table::Table;
use abruf::actions::import::turnover_map::{TurnoverMap, proposed};
use abruf::actions::import::turnover_rows;
use abruf::actions::import::workbook::{self, Bounds};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use crate::stress::say;

/// What one file may take; on the machines of CI everything is slower.
const MOMENT: Duration = Duration::from_secs(5);
/// What one file may take of memory, in kilobytes.
const MOST_MEMORY: u64 = 512 * 1024;

/// As a list of purchases is read.
const BOUNDS: Bounds = Bounds { rows: 100_000, far_cells_left_out: true };

/// Every reader: its name, and what it makes of bytes: nothing, or what it says against them.
type Reader = (&'static str, fn(&[u8]) -> Result<(), String>);

const READERS: [Reader; 10] = [
    ("spreadsheet", |bytes| spreadsheet::read(bytes).map(drop).map_err(|it| it.to_string())),
    ("workbook", |bytes| workbook::read(bytes, BOUNDS).map(drop).map_err(|it| it.to_string())),
    ("table", |bytes| Table::read(bytes, b';', &["k", "wert"]).map(drop).map_err(|it| it.to_string())),
    ("purchases, CSV", |bytes| purchases::read(bytes, MediaType::Csv, day()).map(drop).map_err(|it| it.to_string())),
    ("purchases, XLSX", |bytes| purchases::read(bytes, MediaType::Xlsx, day()).map(drop).map_err(|it| it.to_string())),
    ("members", |bytes| member_rows::read(bytes, day()).map(drop).map_err(|it| it.to_string())),
    ("turnover", |bytes| {
        let text = encoding::decode(bytes, "auto").map_err(|it| it.to_string())?;
        let map = TurnoverMap::read(proposed(&text.text).as_bytes()).map_err(|it| it.to_string())?;
        turnover_rows::read(bytes, &map, day()).map(drop).map_err(|it| it.to_string())
    }),
    ("price map", |bytes| PriceMap::read(bytes).map(drop).map_err(|it| it.to_string())),
    ("turnover map", |bytes| TurnoverMap::read(bytes).map(drop).map_err(|it| it.to_string())),
    ("evidence", |bytes| {
        let file = SentFile { name: "Beleg.xlsx".to_owned(), bytes: bytes.to_vec() };
        file.recognised("datei", EVIDENCE).map(drop).map_err(|it| format!("{it:?}"))
    }),
];

fn day() -> chrono::NaiveDate {
    "2026-11-22".parse().unwrap()
}

fn package(parts: &[(&str, &[u8])], compression: CompressionMethod) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in parts {
        archive.start_file(*name, SimpleFileOptions::default().compression_method(compression)).unwrap();
        archive.write_all(content).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
const TYPES: &str = r#"<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/></Types>"#;
const BOOK: &str = r#"<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="A" sheetId="1" r:id="rId1"/></sheets></workbook>"#;
const RELATIONS: &str = r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings" Target="sharedStrings.xml"/></Relationships>"#;

/// A workbook of a sheet and shared strings as they stand here, and more parts.
fn book_with(sheet: &str, strings: &str, more: &[(&str, &[u8])]) -> Vec<u8> {
    let mut parts: Vec<(&str, &[u8])> = vec![
        ("[Content_Types].xml", TYPES.as_bytes()),
        ("xl/workbook.xml", BOOK.as_bytes()),
        ("xl/_rels/workbook.xml.rels", RELATIONS.as_bytes()),
        ("xl/worksheets/sheet1.xml", sheet.as_bytes()),
        ("xl/sharedStrings.xml", strings.as_bytes()),
    ];
    parts.extend(more);
    package(&parts, CompressionMethod::DEFLATE)
}

fn sheet(inner: &str) -> String {
    format!("<worksheet xmlns=\"{MAIN}\"><sheetData>{inner}</sheetData></worksheet>")
}

const NO_STRINGS: &str = "<sst xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"/>";
const ROW: &str = "<row r=\"1\"><c r=\"A1\" t=\"inlineStr\"><is><t>x</t></is></c></row>";

/// Document types that make a parser work or look elsewhere.
fn doctypes() -> Vec<(String, String)> {
    let mut laughs = String::from("<!ENTITY l0 \"lol\">");
    for level in 1..30 {
        laughs += &format!("<!ENTITY l{level} \"{}\">", format!("&l{};", level - 1).repeat(10));
    }
    vec![
        ("billion laughs".into(), format!("<!DOCTYPE x [{laughs}]>")),
        ("quadratic".into(), format!("<!DOCTYPE x [<!ENTITY l29 \"{}\">]>", "a".repeat(100_000))),
        ("external file".into(), "<!DOCTYPE x [<!ENTITY l29 SYSTEM \"file:///etc/passwd\">]>".into()),
        ("external address".into(), "<!DOCTYPE x [<!ENTITY l29 SYSTEM \"http://127.0.0.1:1/x\">]>".into()),
        (
            "parameter".into(),
            "<!DOCTYPE x [<!ENTITY % p SYSTEM \"http://127.0.0.1:1/x\">%p;<!ENTITY l29 \"a\">]>".into(),
        ),
        ("external subset".into(), "<!DOCTYPE x SYSTEM \"http://127.0.0.1:1/x.dtd\">".into()),
        ("recursion".into(), "<!DOCTYPE x [<!ENTITY l29 \"&l28;\"><!ENTITY l28 \"&l29;\">]>".into()),
    ]
}

fn hostile_books() -> Vec<(String, Vec<u8>)> {
    let mut cases: Vec<(String, Vec<u8>)> = Vec::new();
    let entity = "<row r=\"1\"><c r=\"A1\" t=\"inlineStr\"><is><t>&l29;</t></is></c></row>";
    for (name, doctype) in doctypes() {
        cases.push((format!("{name} in a sheet"), book_with(&format!("{doctype}{}", sheet(entity)), NO_STRINGS, &[])));
        let strings = format!("{doctype}<sst xmlns=\"{MAIN}\"><si><t>{}</t></si></sst>", "&l29;".repeat(1000));
        let shared = sheet("<row r=\"1\"><c r=\"A1\" t=\"s\"><v>0</v></c></row>");
        cases.push((format!("{name} in shared strings"), book_with(&shared, &strings, &[])));
        let types = format!("{doctype}{TYPES}");
        let parts: [(&str, &[u8]); 2] =
            [("[Content_Types].xml", types.as_bytes()), ("xl/workbook.xml", doctype.as_bytes())];
        cases.push((format!("{name} in the book"), package(&parts, CompressionMethod::DEFLATE)));
    }
    for depth in [1_000, 100_000] {
        let nested = format!("{}{}", "<a>".repeat(depth), "</a>".repeat(depth));
        cases.push((format!("nested {depth} in a sheet"), book_with(&sheet(&nested), NO_STRINGS, &[])));
        cases.push((format!("nested {depth} and open"), book_with(&sheet(&"<c>".repeat(depth)), NO_STRINGS, &[])));
        let strings = format!("<sst xmlns=\"{MAIN}\"><si>{}x</si></sst>", "<r>".repeat(depth));
        cases.push((format!("nested {depth} in shared strings"), book_with(&sheet(ROW), &strings, &[])));
    }
    let zeros = vec![b' '; 80_000_000];
    cases.push((
        "80 MB of blanks in a sheet".into(),
        book_with(&String::from_utf8(zeros.clone()).unwrap(), NO_STRINGS, &[]),
    ));
    cases
        .push(("80 MB in another part".into(), book_with(&sheet(ROW), NO_STRINGS, &[("xl/media/image1.png", &zeros)])));
    let bomb = package(&[("0", &zeros)], CompressionMethod::DEFLATE);
    cases.push(("a bomb in a package".into(), book_with(&sheet(ROW), NO_STRINGS, &[("xl/inner.zip", &bomb)])));
    let many: Vec<(String, Vec<u8>)> = (0..40_000).map(|at| (format!("xl/{at}"), Vec::new())).collect();
    let many: Vec<(&str, &[u8])> = many.iter().map(|(name, content)| (name.as_str(), content.as_slice())).collect();
    cases.push(("40,000 parts".into(), package(&many, CompressionMethod::Stored)));
    for name in [
        "../../../etc/passwd",
        "/etc/passwd",
        "..\\..\\win.ini",
        "xl/../../x",
        "C:\\x",
        "xl/worksheets/sheet1.xml\0.png",
    ] {
        cases.push((format!("a part called {name:?}"), book_with(&sheet(ROW), NO_STRINGS, &[(name, b"x")])));
    }
    let link: &[u8] = br#"<externalLink xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><ddeLink ddeService="cmd" ddeTopic="/c calc"/></externalLink>"#;
    cases.push((
        "an external link".into(),
        book_with(&sheet(ROW), NO_STRINGS, &[("xl/externalLinks/externalLink1.xml", link)]),
    ));
    let web = "<row r=\"1\"><c r=\"A1\"><f>WEBSERVICE(\"http://127.0.0.1:1/\")</f><v>1</v></c></row>";
    cases.push(("a formula that calls out".into(), book_with(&sheet(web), NO_STRINGS, &[])));
    cases.push(("macros".into(), book_with(&sheet(ROW), NO_STRINGS, &[("xl/vbaProject.bin", b"x")])));
    for place in ["XFD1048576", "A99999999999999999999", "AAAAAAAAAAAA1", "1A", "", "A0", "\u{c4}1"] {
        let far = format!("<row r=\"1\"><c r=\"{place}\" t=\"inlineStr\"><is><t>x</t></is></c></row>");
        cases.push((format!("a cell at {place:?}"), book_with(&sheet(&far), NO_STRINGS, &[])));
    }
    for row in ["-1", "0", "4294967295", "18446744073709551616", "x"] {
        let odd = format!("<row r=\"{row}\"><c><v>1</v></c></row>");
        cases.push((format!("a row {row}"), book_with(&sheet(&odd), NO_STRINGS, &[])));
    }
    for index in ["-1", "4294967296", "99999999", "x"] {
        let shared = format!("<row r=\"1\"><c r=\"A1\" t=\"s\"><v>{index}</v></c></row>");
        cases.push((format!("shared string {index}"), book_with(&sheet(&shared), NO_STRINGS, &[])));
    }
    let merged = format!(
        "<worksheet xmlns=\"{MAIN}\"><sheetData>{ROW}</sheetData><mergeCells><mergeCell ref=\"A1:XFD1048576\"/></mergeCells></worksheet>"
    );
    cases.push(("everything merged".into(), book_with(&merged, NO_STRINGS, &[])));
    for dimension in ["A1:XFD1048576", "XFD1048576:A1", "A1:A99999999999"] {
        let with = format!(
            "<worksheet xmlns=\"{MAIN}\"><dimension ref=\"{dimension}\"/><sheetData>{ROW}</sheetData></worksheet>"
        );
        cases.push((format!("a dimension {dimension}"), book_with(&with, NO_STRINGS, &[])));
    }
    let wide: String = (0..20_000).map(|_| "<c t=\"inlineStr\"><is><t>x</t></is></c>".to_owned()).collect();
    cases.push((
        "20,000 cells in a row".into(),
        book_with(&sheet(&format!("<row r=\"1\">{wide}</row>")), NO_STRINGS, &[]),
    ));
    let long: String = (1..=150_000).map(|at| format!("<row r=\"{at}\"><c r=\"A{at}\"><v>1</v></c></row>")).collect();
    cases.push(("150,000 rows".into(), book_with(&sheet(&long), NO_STRINGS, &[])));
    let good = book_with(&sheet(ROW), NO_STRINGS, &[]);
    for part in [1, 2, 3, 5, 8] {
        cases.push((format!("{part} of 9 of a workbook"), good[..good.len() * part / 9].to_vec()));
        let mut spoilt = good.clone();
        let at = good.len() * part / 9;
        spoilt[at] ^= 0xff;
        cases.push((format!("a workbook with byte {at} spoilt"), spoilt));
    }
    cases.extend(lying_packages(&good));
    cases
}

/// Packages whose directory says other sizes than there are, or names one part for all.
fn lying_packages(good: &[u8]) -> Vec<(String, Vec<u8>)> {
    let zeros = vec![b' '; 80_000_000];
    let large = book_with(&sheet(ROW), NO_STRINGS, &[("xl/media/image1.png", &zeros)]);
    let directory = |bytes: &[u8]| bytes.windows(4).position(|it| it == b"PK\x01\x02").unwrap();
    let mut cases = Vec::new();
    // Offsets of the directory entry: 24 is the size unpacked, 20 the one packed, 42 where the part begins.
    for (name, field, value) in [
        ("small when unpacked", 24, 10_u32),
        ("huge when unpacked", 24, u32::MAX),
        ("huge when packed", 20, u32::MAX),
        ("behind the end", 42, u32::MAX - 1),
    ] {
        for (kind, bytes) in [("a workbook", good), ("a bomb", &large)] {
            let mut lying = bytes.to_vec();
            let entries: Vec<usize> = lying
                .windows(4)
                .enumerate()
                .skip(directory(&lying))
                .filter(|(_, it)| *it == b"PK\x01\x02")
                .map(|(at, _)| at)
                .collect();
            for at in entries {
                lying[at + field..at + field + 4].copy_from_slice(&value.to_le_bytes());
            }
            cases.push((format!("{kind} that calls its parts {name}"), lying));
        }
    }
    let mut comment = good.to_vec();
    comment.extend(vec![b'P'; 70_000]);
    cases.push(("a workbook with a tail".into(), comment));
    cases
}

fn hostile_texts() -> Vec<(String, Vec<u8>)> {
    let utf16 = |text: &str, mark: &[u8], big: bool| {
        let units = text.encode_utf16().flat_map(move |unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() });
        mark.iter().copied().chain(units).collect::<Vec<u8>>()
    };
    let mut cases: Vec<(String, Vec<u8>)> = vec![
        ("nothing".into(), vec![]),
        ("blanks".into(), b" \r\n\t ".to_vec()),
        ("zeros".into(), vec![0; 1_000_000]),
        ("UTF-7".into(), b"+ADw-script+AD4-;+AD0-cmd\nx;y\n".to_vec()),
        ("UTF-16 LE".into(), utf16("k;wert\nx;1\n", &[0xff, 0xfe], false)),
        ("UTF-16 BE".into(), utf16("k;wert\nx;1\n", &[0xfe, 0xff], true)),
        ("UTF-16 without a mark".into(), utf16("k;wert\nx;1\n", &[], false)),
        ("UTF-16 cut off".into(), vec![0xff, 0xfe, 0x6b]),
        ("UTF-16 with half a pair".into(), vec![0xff, 0xfe, 0x00, 0xd8, 0x0a, 0x00]),
        ("UTF-32".into(), vec![0xff, 0xfe, 0, 0, 0x6b, 0, 0, 0]),
        ("overlong".into(), b"k;wert\n\xc0\xaf;\xe0\x80\xaf\n".to_vec()),
        ("a header twice".into(), b"k;wert;wert\nx;1;2\n".to_vec()),
        ("a header of 10,000 same words".into(), format!("{}\nx;1\n", "wert;".repeat(10_000)).into_bytes()),
        ("a million columns".into(), format!("{}\n{}\n", "k;".repeat(1_000_000), "1;".repeat(1_000_000)).into_bytes()),
        ("a million rows".into(), format!("k;wert\n{}", "x;1\n".repeat(1_000_000)).into_bytes()),
        ("a million empty rows".into(), format!("k;wert\n{}", "\n".repeat(1_000_000)).into_bytes()),
        ("a cell of 15 MB".into(), format!("k;wert\nx;{}\n", "9".repeat(15_000_000)).into_bytes()),
        ("more than allowed".into(), vec![b';'; 21 * 1024 * 1024]),
        ("an open quote".into(), format!("k;wert\n\"{}", "x;1\n".repeat(200_000)).into_bytes()),
        ("quotes by the million".into(), format!("k;wert\n{}", "\"".repeat(2_000_001)).into_bytes()),
        ("lone carriage returns".into(), b"k;wert\rx;1\ry;2\r".repeat(10_000)),
        ("separators alone".into(), vec![b';'; 1_000_000]),
        ("control characters".into(), (0_u8..32).cycle().take(100_000).collect()),
        ("every byte".into(), (0_u8..=255).cycle().take(100_000).collect()),
        ("bidi and zero width".into(), "k;wert\n\u{202e}x\u{200b};\u{2066}1\u{feff}\n".as_bytes().to_vec()),
        ("a mark in the middle".into(), b"k;wert\n\xef\xbb\xbfx;1\n".to_vec()),
        ("an old workbook".into(), b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1rest".to_vec()),
        ("a PDF".into(), b"%PDF-1.7\n1 0 obj<</OpenAction<</S/JavaScript>>>>endobj %%EOF".to_vec()),
        ("a picture".into(), b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec()),
        ("a program".into(), b"\x7fELF\x02\x01\x01\0".to_vec()),
        ("a page".into(), b"<html><script>alert(1)</script></html>".to_vec()),
        ("gzip".into(), b"\x1f\x8b\x08\0\0\0\0\0\0\x03".to_vec()),
        ("the sign of a package".into(), b"PK\x03\x04".to_vec()),
        ("an empty package".into(), b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0".to_vec()),
        ("a formula as header".into(), b"=cmd|'/c calc'!A1;@SUM(A1)\n=1;-1\n".to_vec()),
        ("keys nested as TOML".into(), format!("a={}1{}", "[".repeat(100_000), "]".repeat(100_000)).into_bytes()),
        ("tables nested as TOML".into(), format!("[{}a]\n", "a.".repeat(50_000)).into_bytes()),
        ("tables in a line as TOML".into(), format!("a={}{}", "{a=".repeat(50_000), "}".repeat(50_000)).into_bytes()),
        ("JSON nested".into(), "[".repeat(100_000).into_bytes()),
    ];
    for (name, doctype) in doctypes() {
        cases.push((format!("{name} as XML"), format!("<?xml version=\"1.0\"?>{doctype}<x>&l29;</x>").into_bytes()));
        cases.push((format!("{name} as UTF-16"), utf16(&format!("{doctype}<x>&l29;</x>"), &[0xff, 0xfe], false)));
    }
    for numbers in [
        "1e999999999",
        "NaN",
        "Infinity",
        "-0",
        "0x10",
        "١٢٣",
        "1.234.567.890.123.456.789.012.345",
        "9".repeat(400).as_str(),
        "1,2,3",
        "--1",
        "1e-400",
        "∞",
    ] {
        cases.push((format!("a number {:.12}", numbers), format!("k;wert\nx;{numbers}\n").into_bytes()));
    }
    for day in ["31.02.2026", "0000-00-00", "99999-01-01", "29.02.2025", "-1.-1.-1", "1/1/1"] {
        cases.push((format!("a day {day}"), format!("k;wert\n{day};1\n").into_bytes()));
    }
    cases
}

/// All files against all readers, one after the other.
fn read_all() -> (usize, usize, Duration, u64) {
    let files: Vec<(String, Vec<u8>)> = hostile_books().into_iter().chain(hostile_texts()).collect();
    let (mut wrong, mut refused, mut longest, mut most) = (Vec::new(), 0, Duration::ZERO, 0);
    for (name, bytes) in &files {
        for (reader, read) in READERS {
            // Forgets the peak of before.
            fs::write("/proc/self/clear_refs", "5").unwrap();
            let before = memory("VmRSS:");
            let begin = busy();
            let answer = read(bytes);
            let took = busy().saturating_sub(begin);
            let more = memory("VmHWM:").saturating_sub(before);
            longest = longest.max(took);
            most = most.max(more);
            if MOST_MEMORY < more {
                wrong.push(format!("{reader} took {} MB for {name}", more / 1024));
            }
            if MOMENT < took {
                wrong.push(format!("{reader} took {took:.1?} for {name}"));
            }
            let Err(told) = answer else { continue };
            refused += 1;
            let length = told.chars().count();
            if !(20..5_000).contains(&length) || told.contains("root:") || told.contains("lollol") {
                wrong.push(format!("{reader}, {name}: {length} characters: {told:.200}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    (files.len(), refused, longest, most)
}

/// What the kernel says of our memory, in kilobytes.
fn memory(what: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(what)).unwrap();
    line.trim().trim_end_matches(" kB").trim().parse().unwrap()
}

/// What this process has used of the processors, to a hundredth of a second: other tests beside it cost nothing.
fn busy() -> Duration {
    let status = fs::read_to_string("/proc/self/stat").unwrap();
    // The name may hold spaces; behind it come the state and the fields that proc(5) counts from 4.
    let fields: Vec<&str> = status.rsplit(')').next().unwrap().split_whitespace().collect();
    let ticks: u64 = [fields[11], fields[12]].iter().map(|field| field.parse::<u64>().unwrap()).sum();
    Duration::from_millis(ticks * 10)
}

/// By itself so that its memory is its own; the test below runs it and looks.
#[test]
#[ignore = "run by no_hostile_file_costs_more_than_a_moment in a process of its own"]
fn every_hostile_file_by_every_reader() {
    let (files, refused, longest, most) = read_all();
    say(&format!(
        "hostile files: {files} × {} readers, {refused} refused with a reason, longest {longest:.1?}, most memory {} MB",
        READERS.len(),
        most / 1024
    ));
    assert!(150 <= files, "{files} files");
}

#[test]
fn no_hostile_file_costs_more_than_a_moment() {
    let name = "hostile_files::every_hostile_file_by_every_reader";
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", name, "--nocapture", "--test-threads", "1"])
        .output()
        .unwrap();
    let (said, complained) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && said.contains("1 passed"), "{said}{complained}");
    say(said.lines().find(|line| line.contains("hostile files:")).unwrap_or_default());
}
