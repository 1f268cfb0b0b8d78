using System.Text;
using System.Text.RegularExpressions;
using Markdig;
using Markdig.Extensions.AutoIdentifiers;
using Markdig.Renderers;
using Markdig.Renderers.Html;
using Markdig.Syntax;
using Markdig.Syntax.Inlines;

namespace ClemReg.Help;

/// <summary>All pages, with their links.</summary>
internal sealed partial class Site
{
    /// <summary>The list of pages: a line "# Heading" for a group of the navigation, and below it the documents. "NAME.md/" makes a page of each second-level heading, "commands/" stands for the commands.</summary>
    private const string Contents = "site.txt";
    /// <summary>The reference of all parameters in one file; in the site each command has a page.</summary>
    private const string Reference = "parameters.md", Commands = "commands/", Examples = "examples.md", Overview = "commands.html";

    private static readonly MarkdownPipeline Pipeline = new MarkdownPipelineBuilder().UsePipeTables().UseAutoIdentifiers(AutoIdentifierOptions.GitHub).Build();

    private readonly List<Page> _pages = [];
    private readonly List<string> _faults = [];
    private readonly HashSet<string> _pictures = [];
    private readonly string _docs;
    private readonly Menu _menu;
    private readonly string _version;

    private Site(string docs, Menu menu, string version)
    {
        _docs = docs;
        _menu = menu;
        _version = version;
    }

    public static Site Read(string docs, string commands, Menu menu, string examples, string readme, string version)
    {
        var site = new Site(docs, menu, version);
        string group = "";
        foreach (string line in File.ReadAllLines(Path.Combine(docs, Contents)).Select(l => l.Trim()).Where(l => l.Length > 0))
        {
            if (line[0] == '#') group = line[1..].Trim();
            else if (line == Commands) site.AddCommands(commands, group);
            else if (line == Examples) site.Add(Examples, ExamplePages.Text(examples, File.ReadAllText(Path.Combine(docs, Examples))), group);
            else site.Add(line.TrimEnd('/'), File.ReadAllText(Path.Combine(docs, line.TrimEnd('/'))), group, line[^1] == '/');
        }
        foreach (string folder in (string[])["decisions", "formats"])
        {
            foreach (string file in Directory.GetFiles(Path.Combine(docs, folder), "*.md").Order(StringComparer.Ordinal))
            {
                string source = folder + "/" + Path.GetFileName(file);
                if (!site._pages.Any(p => p.Source == source)) site.Add(source, File.ReadAllText(file), "");
            }
        }
        foreach (Page page in site._pages) site.Prepare(page);
        site.LinkBack();
        site.CheckReadme(readme);
        return site;
    }

    /// <summary>What is wrong, a line each.</summary>
    public IReadOnlyList<string> Check()
    {
        var faults = new List<string>(_faults);
        foreach (string file in Directory.GetFiles(_docs, "*.md").Select(f => Path.GetFileName(f)!).Where(f => f != Reference && !_pages.Any(p => p.Source == f))) faults.Add($"docs/{file} is not in docs/{Contents}");
        foreach (string picture in Directory.GetFiles(Path.Combine(_docs, "images")).Select(f => "images/" + Path.GetFileName(f)).Where(f => !f.EndsWith(".md", StringComparison.Ordinal) && !_pictures.Contains(f)))
        {
            faults.Add($"docs/{picture} is shown nowhere");
        }
        foreach (IGrouping<string, Page> same in _pages.GroupBy(p => p.Address).Where(g => g.Count() > 1)) faults.Add($"{same.Key} would be written twice");
        return faults;
    }

    public void Write(string folder)
    {
        if (Directory.Exists(folder)) Directory.Delete(folder, true);
        Directory.CreateDirectory(folder);
        foreach (string asset in (string[])["style.css", "search.js"]) File.WriteAllText(Path.Combine(folder, asset), Asset(asset));
        string frame = Asset("page.html");
        foreach (Page page in _pages)
        {
            string file = Path.Combine(folder, page.Address);
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            var values = new Dictionary<string, string>
            {
                ["title"] = Html(page.Title),
                ["root"] = page.Root,
                ["version"] = Html(_version),
                ["navigation"] = Navigation(page),
                ["content"] = Content(page),
                ["around"] = Around(page),
                ["sections"] = OnThisPage(page),
            };
            File.WriteAllText(file, Placeholder().Replace(frame, match => values[match.Groups[1].Value]));
        }
        File.WriteAllText(Path.Combine(folder, "search-index.js"), SearchIndex());
        foreach (string picture in _pictures.Order(StringComparer.Ordinal))
        {
            string to = Path.Combine(folder, picture);
            Directory.CreateDirectory(Path.GetDirectoryName(to)!);
            File.Copy(Path.Combine(_docs, picture), to);
        }
    }

    private void Add(string source, string text, string group, bool split = false)
    {
        MarkdownDocument document = Markdown.Parse(text, Pipeline);
        Block[] blocks = [.. document];
        string address = (source.EndsWith("README.md", StringComparison.Ordinal) ? source[..^"README.md".Length] + "index" : source[..^".md".Length]) + ".html";
        if (!split)
        {
            _pages.Add(new Page { Source = source, Address = address, Title = TitleOf(blocks, source), Group = group, Blocks = blocks });
            return;
        }
        int[] starts = [.. Enumerable.Range(0, blocks.Length).Where(i => blocks[i] is HeadingBlock { Level: 2 })];
        for (int i = 0; i < starts.Length; i++)
        {
            Block[] part = blocks[starts[i]..(i + 1 < starts.Length ? starts[i + 1] : blocks.Length)];
            _pages.Add(new Page { Source = source, Address = $"guide/{part[0].GetAttributes().Id}.html", Title = TitleOf(part, source), Group = group, Blocks = part, Raised = 1 });
        }
    }

    private static string TitleOf(Block[] blocks, string source) =>
        blocks.OfType<HeadingBlock>().FirstOrDefault() is { } heading ? TextOf(heading) : throw new IOException($"docs/{source} has no heading");

    private void AddCommands(string folder, string group)
    {
        var list = new StringBuilder("# All commands\n\nEach runs from the menu, in a macro, in a script and on the command line, with the same parameters.\n\n| command | what it does |\n|---|---|\n");
        var pages = new List<(string File, string Text)>();
        string[] files = [.. Directory.GetFiles(folder, "*.md").Select(f => Path.GetFileNameWithoutExtension(f)!)];
        // In the order of the menu, then what is on the command line only.
        foreach (string operation in _menu.Entries.Select(e => e.Operation).Where(files.Contains).Concat(files.Order(StringComparer.Ordinal).Where(f => _menu.ByOperation(f) is null)))
        {
            string text = File.ReadAllText(Path.Combine(folder, operation + ".md"));
            Menu.Entry? entry = _menu.ByOperation(operation);
            text = text.Replace("{{menu}}", entry is null ? "On the command line and in scripts only." : entry.Path, StringComparison.Ordinal);
            pages.Add((operation, text));
            string what = text.Split("\n\n")[2].Replace("|", "\\|", StringComparison.Ordinal);
            list.Append("| [").Append(entry?.Label ?? text[2..text.IndexOf('\n', StringComparison.Ordinal)]).Append("](commands/").Append(operation).Append(".md) | ").Append(what.Split(". ")[0].TrimEnd('.')).Append(" |\n");
        }
        Add(Overview[..^"html".Length] + "md", list.ToString(), group);
        foreach ((string operation, string text) in pages) Add(Commands + operation + ".md", text, "");
        // Annotate is a window without parameters: the guide tells of it.
        foreach (Menu.Entry entry in _menu.Entries.Where(e => !files.Contains(e.Operation) && e.Path.Split(" > ") is not [.., "Help", _] && e.Operation != "annotate")) _faults.Add($"the menu's {entry.Path} has no page");
    }

    /// <summary>Resolves links, links the names of commands, and gathers the sections.</summary>
    private void Prepare(Page page)
    {
        foreach (Block block in page.Blocks)
        {
            foreach (HeadingBlock heading in Parts(block).OfType<HeadingBlock>())
            {
                page.Anchors.Add(heading.GetAttributes().Id!);
                heading.Level -= page.Raised;
            }
            foreach (HtmlInline html in Parts(block).OfType<HtmlInline>()) if (Identifier().Match(html.Tag) is { Success: true } id) page.Anchors.Add(id.Groups[1].Value);
        }
        foreach (Block block in page.Blocks)
        {
            foreach (EmphasisInline emphasis in Parts(block).OfType<EmphasisInline>().ToArray()) LinkCommand(page, emphasis);
        }
        page.Sections = SectionsOf(page);
        CheckMenuPaths(page);
    }

    /// <summary>The name of a command in italics or bold leads to its page.</summary>
    private void LinkCommand(Page page, EmphasisInline emphasis)
    {
        if (emphasis.Descendants().OfType<LinkInline>().Any() || Ancestors(emphasis).OfType<LinkInline>().Any()) return;
        string text = TextOf(emphasis);
        Menu.Entry? entry = _menu.ByLabel(text) ?? _menu.Entries.FirstOrDefault(e => e.Path == text);
        if (entry is null || !_pages.Any(p => p.Address == $"commands/{entry.Operation}.html") || page.Address == $"commands/{entry.Operation}.html") return;
        var link = new LinkInline { Url = "/" + Commands + entry.Operation + ".html" };
        emphasis.ReplaceBy(link, copyChildren: false);
        link.AppendChild(emphasis);
    }

    private static IEnumerable<Inline> Ancestors(Inline inline)
    {
        for (Inline? at = inline.Parent; at is not null; at = at.Parent) yield return at;
    }

    /// <summary>Each command's page names the pages of the guide and the examples that tell of it.</summary>
    private void LinkBack()
    {
        Page? examples = _pages.FirstOrDefault(p => p.Source == Examples);
        foreach (Page page in _pages.Where(p => p.Address.StartsWith(Commands, StringComparison.Ordinal)))
        {
            Menu.Entry? entry = _menu.ByOperation(Path.GetFileNameWithoutExtension(page.Address));
            if (entry is null) continue;
            foreach (Page other in _pages.Where(p => p.Address.StartsWith("guide/", StringComparison.Ordinal)))
            {
                if (other.Blocks.SelectMany(Parts).OfType<LinkInline>().Any(l => l.Url == "/" + page.Address)) page.ToldIn.Add((other.Title, other.Address));
            }
            if (examples is null) continue;
            foreach (Section example in examples.Sections.Where(s => s.Level == 2 && s.Text.Contains($"run(\"{entry.Label.Replace("…", "...", StringComparison.Ordinal)}\"", StringComparison.Ordinal)))
            {
                page.ToldIn.Add(("Example: " + example.Title, examples.Address + "#" + example.Id));
            }
        }
    }

    /// <summary>Where "Plugins > CLEM-Reg > ..." is written, that entry must be in the menu.</summary>
    private void CheckMenuPaths(Page page)
    {
        foreach (Section section in page.Sections)
        {
            foreach (Match match in MenuPath().Matches(Menu.Dots(section.Text)))
            {
                string rest = Menu.Dots(section.Text)[match.Index..];
                bool known = _menu.Entries.Any(e => rest.StartsWith(e.Path, StringComparison.Ordinal)) || _menu.Entries.Any(e => match.Value.Trim() == e.Path[..e.Path.LastIndexOf(" > ", StringComparison.Ordinal)]);
                if (!known) _faults.Add($"docs/{page.Source}, {section.Title}: '{rest[..Math.Min(rest.Length, 60)]}' is not in the menu{Suggestion(rest)}");
            }
        }
    }

    private string Suggestion(string rest)
    {
        Menu.Entry? meant = _menu.Entries.OrderByDescending(e => e.Label.Length).FirstOrDefault(e => rest[..Math.Min(rest.Length, 100)].Contains("> " + e.Label, StringComparison.Ordinal));
        return meant is null ? "" : $"; it is {meant.Path}";
    }

    private void CheckReadme(string readme)
    {
        string folder = Path.GetDirectoryName(Path.GetFullPath(readme))!;
        foreach (LinkInline link in Markdown.Parse(File.ReadAllText(readme), Pipeline).Descendants<LinkInline>())
        {
            string url = link.Url ?? "";
            if (Outside(url)) continue;
            string[] parts = url.Split('#', 2);
            if (parts[0].StartsWith("docs/images/", StringComparison.Ordinal)) _pictures.Add(parts[0]["docs/".Length..]);
            if (!File.Exists(Path.Combine(folder, parts[0])) && !Directory.Exists(Path.Combine(folder, parts[0]))) _faults.Add($"README.md: {url} leads nowhere");
            else if (parts.Length > 1 && parts[0].StartsWith("docs/", StringComparison.Ordinal) && !_pages.Any(p => p.Source == parts[0]["docs/".Length..] && p.Has(parts[1]))) _faults.Add($"README.md: {url} leads nowhere");
        }
    }

    private static bool Outside(string url) => url.StartsWith("http:", StringComparison.Ordinal) || url.StartsWith("https:", StringComparison.Ordinal) || url.StartsWith("mailto:", StringComparison.Ordinal);

    /// <summary>What a link of a document is in the site; null where it leads to a file of the repository that the site has not.</summary>
    private string? Resolve(Page page, string url, bool picture)
    {
        if (url.StartsWith('/')) return page.To(url[1..]);
        if (Outside(url)) return url;
        string[] parts = url.Split('#', 2);
        string anchor = parts.Length > 1 ? parts[1] : "";
        string target = parts[0].Length == 0 ? page.Source : Normal(Path.Combine(Path.GetDirectoryName(page.Source) ?? "", parts[0]));
        if (picture)
        {
            if (!File.Exists(Path.Combine(_docs, target)))
            {
                _faults.Add($"docs/{page.Source}: there is no picture {url}");
                return url;
            }
            _pictures.Add(target);
            return page.To(target);
        }
        if (target == Reference) return page.To(Overview);
        Page[] candidates = [.. _pages.Where(p => p.Source == target)];
        Page? found = candidates.FirstOrDefault(p => p.Has(anchor));
        if (found is not null) return (found == page ? "" : page.To(found.Address)) + (anchor.Length > 0 ? "#" + anchor : found == page ? page.To(page.Address) : "");
        string inRepository = Path.GetFullPath(Path.Combine(_docs, target));
        if (candidates.Length == 0 && (File.Exists(inRepository) || Directory.Exists(inRepository))) return null;
        _faults.Add($"docs/{page.Source}: {url} leads nowhere");
        return url;
    }

    private static string Normal(string path)
    {
        var parts = new List<string>();
        foreach (string part in path.Replace('\\', '/').Split('/'))
        {
            if (part == ".." && parts.Count > 0 && parts[^1] != "..") parts.RemoveAt(parts.Count - 1);
            else if (part is not ("." or "")) parts.Add(part);
        }
        return string.Join('/', parts);
    }

    private static string Content(Page page)
    {
        using var text = new StringWriter();
        var renderer = new HtmlRenderer(text);
        Pipeline.Setup(renderer);
        foreach (Block block in page.Blocks) renderer.Render(block);
        renderer.Writer.Flush();
        string html = text.ToString();
        html = html.Replace("<table>", "<div class=\"table\"><table>", StringComparison.Ordinal).Replace("</table>", "</table></div>", StringComparison.Ordinal);
        html = Heading().Replace(html, match => $"{match.Groups[1].Value}{match.Groups[4].Value} <a class=\"here\" href=\"#{match.Groups[3].Value}\" aria-label=\"Link to this section\">#</a></h{match.Groups[2].Value}>");
        if (page.ToldIn.Count == 0) return html;
        return html + "<h2 id=\"more\">More about it</h2>\n<ul>" + string.Concat(page.ToldIn.Select(t => $"<li><a href=\"{page.To(t.Address)}\">{Html(t.Title)}</a></li>")) + "</ul>\n";
    }

    /// <summary>Puts the site's addresses into the links. Done once, before anything is checked or written.</summary>
    public void Resolve()
    {
        foreach (Page page in _pages)
        {
            foreach (LinkInline link in page.Blocks.SelectMany(Parts).OfType<LinkInline>().ToArray())
            {
                string? url = Resolve(page, link.Url ?? "", link.IsImage);
                if (url is not null)
                {
                    link.Url = url;
                    if (TextOf(link).EndsWith(".md", StringComparison.Ordinal) && TitleAt(page, url) is { } title) Retitle(link, title);
                }
                else link.ReplaceBy(new LiteralInline(TextOf(link)), copyChildren: false);
            }
        }
    }

    /// <summary>Where a document writes the name of a file the site writes the title of the page.</summary>
    private static void Retitle(LinkInline link, string title)
    {
        foreach (Inline inline in link.ToArray()) inline.Remove();
        link.AppendChild(new LiteralInline(title));
    }

    private string? TitleAt(Page from, string url)
    {
        string file = Normal(Path.Combine(Path.GetDirectoryName(from.Address) ?? "", url.Split('#')[0]));
        return _pages.FirstOrDefault(p => p.Address == file)?.Title;
    }

    private string Navigation(Page page)
    {
        var html = new StringBuilder();
        foreach (IGrouping<string, Page> group in _pages.Where(p => p.Group.Length > 0).GroupBy(p => p.Group))
        {
            html.Append("<h2>").Append(Html(group.Key)).Append("</h2>\n<ul>\n");
            foreach (Page other in group)
            {
                bool current = other == page || page.Group.Length == 0 && page.Address.StartsWith((other.Address.EndsWith("/index.html", StringComparison.Ordinal) ? other.Address[..^"index.html".Length] : other.Address[..^".html".Length] + "/"), StringComparison.Ordinal);
                html.Append("<li><a href=\"").Append(page.To(other.Address)).Append('"').Append(current ? " aria-current=\"page\"" : "").Append('>').Append(Html(other.Title)).Append("</a></li>\n");
            }
            html.Append("</ul>\n");
        }
        return html.ToString();
    }

    private string Around(Page page)
    {
        Page[] order = [.. _pages.Where(p => p.Group.Length > 0)];
        int at = Array.IndexOf(order, page);
        if (at < 0) return "";
        string before = at > 0 ? $"<a href=\"{page.To(order[at - 1].Address)}\">← {Html(order[at - 1].Title)}</a>" : "<span></span>";
        return before + (at + 1 < order.Length ? $"<a href=\"{page.To(order[at + 1].Address)}\">{Html(order[at + 1].Title)} →</a>" : "");
    }

    private static string OnThisPage(Page page)
    {
        Section[] sections = [.. page.Sections.Where(s => s.Level is 2 or 3 && s.Id.Length > 0)];
        if (sections.Length < 2) return "<aside></aside>\n";
        return "<aside aria-label=\"On this page\"><h2>On this page</h2>\n<ul>\n" + string.Concat(sections.Select(s => $"<li{(s.Level == 3 ? " class=\"deeper\"" : "")}><a href=\"#{s.Id}\">{Html(s.Title)}</a></li>\n")) + "</ul></aside>\n";
    }

    private string SearchIndex()
    {
        var text = new StringBuilder("window.clemSections = [\n");
        foreach (Page page in _pages)
        {
            foreach (Section section in page.Sections)
            {
                string address = section.Level <= 1 || section.Id.Length == 0 ? page.Address : page.Address + "#" + section.Id;
                text.Append('[').Append(Quoted(page.Title)).Append(',').Append(Quoted(section.Title)).Append(',').Append(Quoted(address)).Append(',').Append(Quoted(section.Text)).Append("],\n");
            }
        }
        return text.Append("];\n").ToString();
    }

    private static List<Section> SectionsOf(Page page)
    {
        var sections = new List<Section>();
        var text = new StringBuilder();
        (int level, string id, string title) = (1, "", page.Title);
        foreach (Block block in page.Blocks)
        {
            if (block is HeadingBlock heading)
            {
                if (text.Length > 0 || sections.Count > 0 || level > 1) sections.Add(new Section(level, id, title, text.ToString().Trim()));
                (level, id, title) = (heading.Level, heading.GetAttributes().Id ?? "", TextOf(heading));
                text.Clear();
            }
            else text.Append(PlainOf(block)).Append(' ');
        }
        sections.Add(new Section(level, id, title, text.ToString().Trim()));
        return sections;
    }

    /// <summary>A block and all in it. (Markdig's own Descendants gives nothing for a paragraph.)</summary>
    private static IEnumerable<MarkdownObject> Parts(Block block) =>
        block is LeafBlock leaf ? (leaf.Inline is null ? [] : leaf.Inline.Descendants()).Prepend(leaf) : block.Descendants().Prepend(block);

    private static string PlainOf(Block block)
    {
        var text = new StringBuilder();
        foreach (MarkdownObject part in Parts(block))
        {
            if (part is CodeBlock code) text.Append(code.Lines.ToString()).Append(' ');
            else if (part is LeafBlock { Inline: { } inlines }) text.Append(TextOf(inlines)).Append(' ');
        }
        return Spaces().Replace(text.ToString(), " ");
    }

    private static string TextOf(LeafBlock block) => block.Inline is null ? "" : TextOf(block.Inline);

    private static string TextOf(ContainerInline container)
    {
        var text = new StringBuilder();
        foreach (Inline inline in container.Descendants<Inline>())
        {
            if (inline is LiteralInline literal) text.Append(literal.Content);
            else if (inline is CodeInline code) text.Append(code.Content);
            else if (inline is LineBreakInline) text.Append(' ');
            else if (inline is HtmlEntityInline entity) text.Append(entity.Transcoded);
        }
        return text.ToString();
    }

    private static string Quoted(string text)
    {
        var quoted = new StringBuilder("\"");
        foreach (char c in text)
        {
            if (c is '"' or '\\') quoted.Append('\\').Append(c);
            else if (c is '<' || c < ' ') quoted.Append(System.Globalization.CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
            else quoted.Append(c);
        }
        return quoted.Append('"').ToString();
    }

    private static string Html(string text) => System.Net.WebUtility.HtmlEncode(text);

    private static string Asset(string name)
    {
        using Stream stream = typeof(Site).Assembly.GetManifestResourceStream(name) ?? throw new IOException($"{name} is not embedded");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    [GeneratedRegex("""\{\{(\w+)\}\}""")]
    private static partial Regex Placeholder();

    [GeneratedRegex("""\bid="([^"]+)" """, RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex Identifier();

    [GeneratedRegex("""(<h([23]) id="([^"]+)">)(.*?)</h\2>""", RegexOptions.Singleline)]
    private static partial Regex Heading();

    [GeneratedRegex("""Plugins > CLEM-Reg(?: > [\w(][\w ()-]*(?:…|(?= >)|))*""")]
    private static partial Regex MenuPath();

    [GeneratedRegex("""\s+""")]
    private static partial Regex Spaces();
}
