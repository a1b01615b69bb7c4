//! Names of towns as offices write them beside those of the register: „Stadt Halle“ is „Halle (Saale), Stadt“.

use std::collections::BTreeMap;

/// What stands before or behind a name and says its legal kind.
const KINDS: [&str; 6] = ["stadt", "gemeinde", "hansestadt", "landeshauptstadt", "lutherstadt", "flecken"];

/// Keys of namesakes that are named.
const MOST_NAMED: usize = 5;

/// A text in small letters, its umlauts written out: what is compared, never what is shown.
#[must_use]
pub fn folded(text: &str) -> String {
    text.to_lowercase().replace('ä', "ae").replace('ö', "oe").replace('ü', "ue").replace('ß', "ss")
}

/// A name in three lengths; the shorter ones fit more.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Spelling {
    /// As it stands there.
    whole: String,
    /// Without its legal kind.
    plain: String,
    /// Without what tells it from its namesakes: „(Saale)“, „/Anhalt“.
    core: String,
}

impl Spelling {
    fn of(name: &str) -> Self {
        let before_comma = name.split(',').next().unwrap_or_default();
        let alone = before_comma.split(['(', '/']).next().unwrap_or_default();
        Self { whole: words(name).join(" "), plain: without_kind(before_comma), core: without_kind(alone) }
    }
}

fn words(name: &str) -> Vec<String> {
    folded(name).split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// „Hansestadt Salzwedel“ without its kind; a name that is nothing else stays.
fn without_kind(name: &str) -> String {
    let all = words(name);
    let mut rest = &all[..];
    while let [kind, more @ ..] = rest
        && !more.is_empty()
        && KINDS.contains(&kind.as_str())
    {
        rest = more;
    }
    rest.join(" ")
}

/// Whether both can be the name of one town, whose key says the rest.
#[must_use]
pub fn may_be(written: &str, official: &str) -> bool {
    Spelling::of(written).core == Spelling::of(official).core
}

/// Whom a name means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Meant<'a> {
    /// The town with this key.
    One(&'a str),
    /// Several; the keys of the first of them, and how many there are.
    Several(Vec<&'a str>, usize),
    /// None.
    Nobody,
}

/// The names of the register.
#[derive(Debug, Default)]
pub struct Directory<'a> {
    by_core: BTreeMap<String, Vec<(Spelling, &'a str)>>,
}

impl<'a> Directory<'a> {
    /// Of keys and names.
    #[must_use]
    pub fn of(names: &'a [(String, String)]) -> Self {
        let mut by_core: BTreeMap<String, Vec<(Spelling, &'a str)>> = BTreeMap::new();
        for (key, name) in names {
            let spelling = Spelling::of(name);
            by_core.entry(spelling.core.clone()).or_default().push((spelling, key));
        }
        Self { by_core }
    }

    /// The town of this name. Namesakes are told apart by what is written beside it, and by nothing else.
    #[must_use]
    pub fn meant(&self, written: &str) -> Meant<'a> {
        let asked = Spelling::of(written);
        let Some(towns) = self.by_core.get(&asked.core) else { return Meant::Nobody };
        let fit = |same: fn(&Spelling, &Spelling) -> bool| -> Vec<&'a str> {
            towns.iter().filter(|(town, _)| same(town, &asked)).map(|(_, key)| *key).collect()
        };
        let closest = [fit(|a, b| a.whole == b.whole), fit(|a, b| a.plain == b.plain)];
        let found = closest.into_iter().find(|it| !it.is_empty()).unwrap_or_else(|| {
            // „Halle (Westfalen)“ is not „Halle (Saale)“, but „Halle“ may be.
            let unsaid = asked.plain == asked.core;
            towns.iter().filter(|_| unsaid).map(|(_, key)| *key).collect()
        });
        match found.as_slice() {
            [] => Meant::Nobody,
            [key] => Meant::One(key),
            several => Meant::Several(several.iter().copied().take(MOST_NAMED).collect(), several.len()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn register() -> Vec<(String, String)> {
        [
            ("15002000", "Halle (Saale), Stadt"),
            ("15003000", "Magdeburg, Landeshauptstadt"),
            ("15081455", "Salzwedel, Hansestadt"),
            ("15082430", "Zerbst/Anhalt, Stadt"),
            ("15082180", "Köthen (Anhalt), Stadt"),
            ("09173112", "Altenstadt"),
            ("09188000", "Altenstadt (Iller)"),
            ("14628410", "Stadt Wehlen, Stadt"),
        ]
        .map(|(key, name)| (key.to_owned(), name.to_owned()))
        .to_vec()
    }

    #[test]
    fn a_town_is_known_by_what_offices_call_it() {
        let names = register();
        let directory = Directory::of(&names);
        for (written, key) in [
            ("Halle (Saale), Stadt", "15002000"),
            ("Halle (Saale)", "15002000"),
            ("Stadt Halle", "15002000"),
            ("LANDESHAUPTSTADT MAGDEBURG", "15003000"),
            ("Hansestadt Salzwedel", "15081455"),
            ("Zerbst", "15082430"),
            ("Koethen (Anhalt)", "15082180"),
            ("Altenstadt (Iller)", "09188000"),
            ("Stadt Wehlen", "14628410"),
        ] {
            assert_eq!(directory.meant(written), Meant::One(key), "{written}");
        }
    }

    #[test]
    fn a_namesake_elsewhere_is_nobody_and_two_of_a_name_are_several() {
        let names = vec![
            ("09173112".to_owned(), "Altenstadt (Oberbayern)".to_owned()),
            ("09188000".to_owned(), "Altenstadt (Iller)".to_owned()),
        ];
        let directory = Directory::of(&names);
        assert_eq!(directory.meant("Altenstadt"), Meant::Several(vec!["09173112", "09188000"], 2));
        assert_eq!(directory.meant("Altenstadt (Hessen)"), Meant::Nobody);
        assert_eq!(directory.meant("Halle"), Meant::Nobody);
        assert_eq!(directory.meant(""), Meant::Nobody);
    }

    #[test]
    fn a_name_beside_a_key_need_not_say_everything() {
        assert!(may_be("Halle", "Halle (Saale), Stadt") && may_be("Stadt Köthen", "Köthen (Anhalt), Stadt"));
        assert!(!may_be("Halle", "Magdeburg, Landeshauptstadt"));
    }
}
