//! One-time codes (TOTP, RFC 6238): a seed is read from what the field [`TOTP`] holds,
//! an `otpauth://totp/…` URI or a bare base32 seed, and tells the code of a given time.
//!
//! The URI is read here and not by a library: the seed is never copied but into memory
//! that is wiped, and nothing of it reaches an error.

use std::fmt::{self, Write};
use std::time::Duration;

use jiff::Timestamp;
use percent_encoding::percent_decode_str;
use totp_rs::{Algorithm, Builder, Secret, Totp};

use crate::secret_text::SecretText;

/// The field that holds the seed.
pub const TOTP: &str = "totp";
/// A code that is good for less is not worth typing.
const LEAST: Duration = Duration::from_secs(5);
/// Fewest bytes of a seed: more than a pasted code would come to.
const SHORTEST: usize = 8;
/// Longest time for which one code is good, in seconds.
const LONGEST: u64 = 60 * 60;

/// What came of asking for a one-time code.
pub enum OneTimeCode {
    /// The code, and for how long it is still good.
    Code(SecretText, Duration),
    /// The present one is as good as over: ask again after this time.
    FreshIn(Duration),
}

/// Why there is no code: the rest of a sentence. It quotes nothing of the field.
pub(super) type Unusable = &'static str;

const NOT_BASE32: Unusable = "its seed is not base32, the letters A to Z and the digits 2 to 7";
const STEAM: Unusable = "codes of Steam are not supported";
const TWICE: Unusable = "its URI says the same thing twice";

/// What codes are made of; wiped when dropped.
pub(super) struct Seed(Totp);

impl Seed {
    /// Reads what the field holds.
    pub(super) fn read(held: &SecretText) -> Result<Self, Unusable> {
        let text = held.expose_str().ok_or("it is not text")?.trim();
        let Some((scheme, rest)) = text.split_once("://") else {
            return Ok(Self(Settings::default().with(&base32(text.bytes())?)));
        };
        match scheme.to_ascii_lowercase().as_str() {
            "otpauth" => from_uri(rest).map(Self),
            "otpauth-migration" => Err("it holds an export of several seeds; set it to a single one"),
            "steam" => Err(STEAM),
            _ => Err("it is not an otpauth URI"),
        }
    }

    /// The code at `now`; when that is good for less than 5 s (or half its time), how long
    /// to wait for the next one.
    pub(super) fn code(&self, now: Timestamp) -> OneTimeCode {
        let period = Duration::from_secs(self.0.step());
        let since_epoch = Duration::try_from(now.as_duration()).unwrap_or_default();
        let into_period = since_epoch.as_millis().checked_rem(period.as_millis()).unwrap_or_default();
        let left = period.saturating_sub(Duration::from_millis(u64::try_from(into_period).unwrap_or_default()));
        if left < LEAST.min(period / 2) {
            return OneTimeCode::FreshIn(left);
        }
        let mut code = SecretText::with_capacity(usize::from(self.0.digits()));
        // Writing into memory does not fail.
        let _ = write!(Wiped(&mut code), "{}", self.0.generate(since_epoch.as_secs()));
        OneTimeCode::Code(code, left)
    }
}

/// How codes are made of a seed, where the URI does not say: as every service does it.
struct Settings {
    algorithm: Algorithm,
    digits: u8,
    period: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self { algorithm: Algorithm::SHA1, digits: 6, period: 30 }
    }
}

impl Settings {
    /// Without the library's check of the seed's length: many services give out 80 bits.
    fn with(self, seed: &SecretText) -> Totp {
        let builder = Builder::new().with_algorithm(self.algorithm).with_digits(self.digits);
        builder.with_step_duration(self.period).with_secret(Secret::from(seed.expose())).build_noncompliant()
    }
}

/// Reads `totp/LABEL?secret=…&algorithm=…&digits=…&period=…`.
fn from_uri(rest: &str) -> Result<Totp, Unusable> {
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (kind, label) = path.split_once('/').unwrap_or((path, ""));
    match kind.to_ascii_lowercase().as_str() {
        "totp" => {}
        "hotp" => return Err("codes that count (HOTP) are not supported"),
        "steam" => return Err(STEAM),
        _ => return Err("its URI does not begin with otpauth://totp/"),
    }
    let issuer = label.split(':').next().filter(|issuer| issuer.len() < label.len());
    if issuer.is_some_and(is_steam) {
        return Err(STEAM);
    }
    let (mut seed, mut algorithm, mut digits, mut period) = (None, None, None, None);
    for (key, value) in query.split('&').filter_map(|part| part.split_once('=')) {
        match key.to_ascii_lowercase().as_str() {
            "secret" => once(&mut seed, base32(percent_decode_str(value))?)?,
            "algorithm" => once(&mut algorithm, self::algorithm(value)?)?,
            "digits" => once(&mut digits, value.parse().map_err(|_| "its number of digits is not a number")?)?,
            "period" => once(&mut period, value.parse().map_err(|_| "its period is not a number of seconds")?)?,
            "issuer" | "encoder" if is_steam(value) => return Err(STEAM),
            _ => {}
        }
    }
    let usual = Settings::default();
    let settings = Settings {
        algorithm: algorithm.unwrap_or(usual.algorithm),
        digits: digits.unwrap_or(usual.digits),
        period: period.unwrap_or(usual.period),
    };
    if !(6..=8).contains(&settings.digits) {
        return Err("its codes would not have 6 to 8 digits");
    }
    if !(1..=LONGEST).contains(&settings.period) {
        return Err("its period is not 1 to 3600 seconds");
    }
    Ok(settings.with(&seed.ok_or("its URI has no secret")?))
}

/// Which of two would count is for nobody to guess.
fn once<T>(place: &mut Option<T>, value: T) -> Result<(), Unusable> {
    if place.replace(value).is_some() { Err(TWICE) } else { Ok(()) }
}

fn algorithm(value: &str) -> Result<Algorithm, Unusable> {
    match value.to_ascii_uppercase().as_str() {
        "SHA1" | "SHA-1" | "HMACSHA1" => Ok(Algorithm::SHA1),
        "SHA256" | "SHA-256" | "HMACSHA256" => Ok(Algorithm::SHA256),
        "SHA512" | "SHA-512" | "HMACSHA512" => Ok(Algorithm::SHA512),
        "STEAM" => Err(STEAM),
        _ => Err("its algorithm is none of SHA1, SHA256 and SHA512"),
    }
}

fn is_steam(text: &str) -> bool {
    percent_decode_str(text).decode_utf8_lossy().trim().eq_ignore_ascii_case("steam")
}

/// Reads base32 as people paste it: in groups, in small letters, padded or not. Bits at the
/// end that make no whole byte are dropped, as every authenticator does.
fn base32(text: impl Iterator<Item = u8>) -> Result<SecretText, Unusable> {
    let mut seed = SecretText::with_capacity(64);
    let (mut bits, mut count) = (zeroize::Zeroizing::new(0_u32), 0);
    for symbol in text {
        let value = match symbol {
            b'A'..=b'Z' => symbol - b'A',
            b'a'..=b'z' => symbol - b'a',
            b'2'..=b'7' => symbol - b'2' + 26,
            b' ' | b'\t' | b'\r' | b'\n' | b'-' | b'+' | b'=' => continue,
            _ => return Err(NOT_BASE32),
        };
        *bits = *bits << 5 | u32::from(value);
        count += 5;
        if count >= 8 {
            count -= 8;
            seed.push(&[(*bits >> count & 0xff) as u8]);
        }
    }
    if seed.len() < SHORTEST { Err("its seed is too short") } else { Ok(seed) }
}

/// Writes text into memory that is wiped.
struct Wiped<'a>(&'a mut SecretText);

impl Write for Wiped<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.push(text.as_bytes());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use data_encoding::BASE32_NOPAD;

    use super::*;

    const SEED: &str = "JBSWY3DPEHPK3PXP";

    fn read(text: &str) -> Result<Seed, Unusable> {
        Seed::read(&SecretText::copied_from(text.as_bytes()))
    }

    fn at(text: &str, seconds: i64) -> String {
        match read(text).unwrap_or_else(|cause| panic!("{text}: {cause}")).code(Timestamp::new(seconds, 0).unwrap()) {
            OneTimeCode::Code(code, _) => code.expose_str().unwrap().to_owned(),
            OneTimeCode::FreshIn(wait) => format!("fresh in {wait:?}"),
        }
    }

    #[test]
    fn codes_are_those_of_rfc_6238_appendix_b() {
        // The appendix's times; where one is nearly over by our rule, any time of its period.
        let table = [
            (59, 30, "94287082", "46119246", "90693936"),
            (1_111_111_109, 1_111_111_080, "07081804", "68084774", "25091201"),
            (1_111_111_111, 1_111_111_111, "14050471", "67062674", "99943326"),
            (1_234_567_890, 1_234_567_890, "89005924", "91819424", "93441116"),
            (2_000_000_000, 2_000_000_000, "69279037", "90698825", "38618901"),
            (20_000_000_000, 20_000_000_000, "65353130", "77737706", "47863826"),
        ];
        let digits = b"1234567890".repeat(7);
        for (appendix, asked, sha1, sha256, sha512) in table {
            assert_eq!(appendix / 30, asked / 30);
            for (algorithm, bytes, code) in [("SHA1", 20, sha1), ("sha256", 32, sha256), ("SHA512", 64, sha512)] {
                let seed = BASE32_NOPAD.encode(&digits[..bytes]);
                let uri = format!("otpauth://totp/x?secret={seed}&algorithm={algorithm}&digits=8");
                assert_eq!(at(&uri, asked), code, "{algorithm} at {appendix}");
            }
        }
    }

    #[test]
    fn a_seed_is_read_as_people_paste_it() {
        let wanted = at(SEED, 0);
        assert_eq!(wanted, "282760");
        for pasted in [
            "jbsw y3dp ehpk 3pxp",
            " JBSW-Y3DP-EHPK-3PXP==\r\n",
            "JBSWY3DP\nEHPK3PXP",
            "otpauth://totp/Example:ops@example.com?secret=JBSWY3DPEHPK3PXP&issuer=Example",
            "OTPAUTH://TOTP/Example%3Aops?issuer=Example&Secret=jbsw%20y3dp+ehpk%203pxp%3D%3D&period=30&algorithm=SHA-1",
            "otpauth://totp/?secret=JBSWY3DPEHPK3PXP&image=https%3A%2F%2Fexample.com%2Fa.png",
            "otpauth://totp?digits=6&secret=JBSWY3DPEHPK3PXP",
        ] {
            assert_eq!(at(pasted, 0), wanted, "{pasted}");
        }
        assert_ne!(at("otpauth://totp/x?secret=JBSWY3DPEHPK3PXP&period=60", 30), at(SEED, 30));
        assert_eq!(at("otpauth://totp/x?secret=JBSWY3DPEHPK3PXP&period=60", 30), wanted);
        // 17 letters are 85 bits: the last 5 make no byte.
        assert_eq!(at("JBSWY3DPEHPK3PXPA", 0), wanted);
    }

    #[test]
    fn a_code_that_is_nearly_over_is_not_told() {
        let seed = read(SEED).unwrap();
        let ask = |ms: i64| match seed.code(Timestamp::from_millisecond(ms).unwrap()) {
            OneTimeCode::Code(code, good_for) => (code.len(), good_for.as_millis()),
            OneTimeCode::FreshIn(wait) => (0, wait.as_millis()),
        };
        assert_eq!(ask(0), (6, 30_000));
        assert_eq!(ask(25_000), (6, 5_000));
        assert_eq!(ask(25_001), (0, 4_999));
        assert_eq!(ask(29_999), (0, 1));
        assert_eq!(ask(30_000), (6, 30_000));
        assert_eq!(ask(-1), (6, 30_000), "before 1970 no clock is right");
        // A period so short that 5 s are never left gives codes all the same.
        assert_eq!(at("otpauth://totp/x?secret=JBSWY3DPEHPK3PXP&period=4", 1).len(), 6);
        assert_eq!(at("otpauth://totp/x?secret=JBSWY3DPEHPK3PXP&period=4", 3), "fresh in 1s");
        assert_eq!(at("otpauth://totp/x?secret=JBSWY3DPEHPK3PXP&period=1", 3).len(), 6);
    }

    #[test]
    fn what_is_no_seed_is_refused_and_not_quoted() {
        let long = format!("otpauth://totp/x?secret={SEED}&digits=4294967302");
        let table = [
            ("", "too short"),
            ("282760", "base32"),
            ("234567", "too short"),
            ("JBSWY3DPEHPK3PX0", "base32"),
            ("JBSWY3DPEHPK3PXÄ", "base32"),
            ("otpauth://hotp/x?secret=JBSWY3DPEHPK3PXP&counter=1", "HOTP"),
            ("otpauth://steam/x?secret=JBSWY3DPEHPK3PXP", "Steam"),
            ("steam://JBSWY3DPEHPK3PXP", "Steam"),
            ("otpauth://totp/Steam:me?secret=JBSWY3DPEHPK3PXP", "Steam"),
            ("otpauth://totp/me?secret=JBSWY3DPEHPK3PXP&issuer=steam", "Steam"),
            ("otpauth://totp/me?secret=JBSWY3DPEHPK3PXP&encoder=steam", "Steam"),
            ("otpauth://totp/me?secret=JBSWY3DPEHPK3PXP&algorithm=STEAM", "Steam"),
            ("otpauth-migration://offline?data=JBSWY3DPEHPK3PXP", "several"),
            ("https://example.com/JBSWY3DPEHPK3PXP", "not an otpauth URI"),
            ("otpauth://yubi/x?secret=JBSWY3DPEHPK3PXP", "otpauth://totp/"),
            ("otpauth://totp/x", "no secret"),
            ("otpauth://totp/x?secret=", "too short"),
            ("otpauth://totp/x?secret=JBSWY3DPEHPK3PXP&secret=JBSWY3DPEHPK3PXP", "twice"),
            ("otpauth://totp/x?secret=JBSWY3DPEHPK3PXP&algorithm=MD5", "algorithm"),
            ("otpauth://totp/x?secret=JBSWY3DPEHPK3PXP&digits=5", "digits"),
            ("otpauth://totp/x?secret=JBSWY3DPEHPK3PXP&digits=10", "digits"),
            (&long, "digits"),
            ("otpauth://totp/x?secret=JBSWY3DPEHPK3PXP&period=0", "period"),
            ("otpauth://totp/x?secret=JBSWY3DPEHPK3PXP&period=18446744073709551615", "period"),
            ("otpauth://totp/x?secret=JBSWY3DPEHPK3PXP&period=-30", "period"),
        ];
        for (text, cause) in table {
            let told = read(text).err().unwrap_or_else(|| panic!("{text} was taken"));
            assert!(told.contains(cause), "{text}: {told}");
            assert!(!told.contains("JBSW"), "{told}");
        }
        assert!(Seed::read(&SecretText::copied_from(b"\xff\xfe")).err().unwrap().contains("not text"));
    }
}
