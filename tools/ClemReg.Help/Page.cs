using Markdig.Syntax;

namespace ClemReg.Help;

/// <summary>One page of the site: some blocks of a document.</summary>
internal sealed class Page
{
    /// <summary>The document's path under docs, which its links are relative to.</summary>
    public required string Source { get; init; }

    /// <summary>Where it goes in the site.</summary>
    public required string Address { get; init; }

    public required string Title { get; init; }

    /// <summary>The heading in the navigation; empty: it is not in the navigation.</summary>
    public required string Group { get; init; }

    public required IReadOnlyList<Block> Blocks { get; init; }

    /// <summary>How much less deep a heading is on this page than in the document.</summary>
    public int Raised { get; init; }

    public IReadOnlyList<Section> Sections { get; set; } = [];

    /// <summary>Other pages that tell more.</summary>
    public List<(string Title, string Address)> ToldIn { get; } = [];

    public bool Has(string anchor) => anchor.Length == 0 || Anchors.Contains(anchor);

    public HashSet<string> Anchors { get; } = [];

    /// <summary>From this page to another file of the site.</summary>
    public string To(string address) => Root + address;

    public string Root => string.Concat(Enumerable.Repeat("../", Address.Count(c => c == '/')));
}

/// <summary>A heading and the text below it.</summary>
internal sealed record Section(int Level, string Id, string Title, string Text);
