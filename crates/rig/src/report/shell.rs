//! What every page is wrapped in: head, style, the bar at the top, the reader's choice of light or dark.
//!
//! Owns: the document around a page's content. Does not own: the content; the flight's page, whose plots are drawn by
//! script (`page`).

use super::{STYLE, escape};

/// The reader's choice of light or dark, the system's at first.
const THEME: &str = "const root = document.documentElement; \
const set = dark => root.dataset.theme = dark ? 'dark' : 'light'; \
set(matchMedia('(prefers-color-scheme: dark)').matches); \
document.getElementById('theme').onclick = () => set(root.dataset.theme !== 'dark');";

/// A document that needs nothing but a browser.
pub struct Shell<'a> {
    /// Title of the window, after the program's name.
    pub title: &'a str,
    /// What kind of page it is: stands beside the program's name.
    pub what: &'a str,
    /// Styles beyond that of every page.
    pub style: &'a [&'a str],
    /// The reader may choose light or dark, by a few words of script; else the page is light and has no script.
    pub theme: bool,
}

impl Shell<'_> {
    /// The document around `main`, which is HTML.
    pub fn page(&self, main: &str) -> String {
        let (button, script) = match self.theme {
            true => (
                "\n<button id=\"theme\" type=\"button\" title=\"light or dark\">◐</button>",
                format!("<script>{THEME}</script>\n"),
            ),
            false => ("", String::new()),
        };
        format!(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <title>Frigoris · {}</title>\n<link rel=\"icon\" href=\"data:,\">\n\
             <style>{STYLE}\n{}</style>\n</head>\n<body>\n\
             <header class=\"top\"><div class=\"brand\"><span class=\"disc\"></span>Frigoris</div>\
             <div class=\"what\">{}</div>{button}</header>\n\
             <main>\n{main}\n</main>\n{script}</body>\n</html>\n",
            escape(self.title),
            self.style.join("\n"),
            escape(self.what),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_has_script_only_where_the_reader_may_choose_its_colours() {
        let shell = Shell { title: "a <b>", what: "test", style: &["p { }"], theme: false };
        let page = shell.page("<p>text</p>");
        assert!(page.contains("<title>Frigoris · a &lt;b&gt;</title>") && page.contains("p { }"));
        assert!(page.contains("<main>\n<p>text</p>\n</main>") && !page.contains("<script"));
        let page = Shell { theme: true, ..shell }.page("");
        assert!(page.contains("id=\"theme\"") && page.contains("<script"));
    }
}
