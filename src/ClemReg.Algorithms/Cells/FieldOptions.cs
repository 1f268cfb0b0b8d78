namespace ClemReg.Algorithms.Cells;

/// <summary>Which boxes of several sections are one cell, and so get one field of view.</summary>
public enum SectionLinks
{
    /// <summary>Each section has fields of its own.</summary>
    None,
    /// <summary>Boxes of one number (<see cref="Box.Cell"/>), as tracking gives them.</summary>
    Cells,
    /// <summary>Boxes of neighbouring sections that lie over each other.</summary>
    Overlap,
    /// <summary>All sections have the same fields.</summary>
    All,
}

/// <summary>In which order fields are visited.</summary>
public enum VisitOrder
{
    /// <summary>As the cells stand in the table.</summary>
    Given,
    /// <summary>In rows, one from left to right, the next back.</summary>
    Serpentine,
    /// <summary>Always to the nearest one that is left, from the upper left on.</summary>
    Nearest,
}

/// <summary>How fields of view are laid around cells. Lengths are micrometres.</summary>
public sealed record FieldOptions
{
    /// <summary>
    /// Room on each side as a share of the box with which fields through serial sections hold 99 % of the true cells' area: what one section lacks of a cell
    /// its neighbours have. Measured: docs/benchmarks.md.
    /// </summary>
    public const double AllCellsShare = 0.02;

    /// <summary>The same for a single section, where missed cells are held only by the fields of others.</summary>
    public const double AllCellsShareOfOne = 0.5;

    /// <summary>Sections before and after a cell's first and last one, for the same.</summary>
    public const int AllCellsSections = 1;

    /// <summary>Room on each side of a box.</summary>
    public double Margin { get; init; }

    /// <summary>Further room on each side, a share of the box's width or height.</summary>
    public double MarginShare { get; init; }

    /// <summary>What is one cell.</summary>
    public SectionLinks Link { get; init; } = SectionLinks.Overlap;

    /// <summary>Sections before and after those in which a cell was found that are imaged too.</summary>
    public int ExtraSections { get; init; }

    /// <summary>Whether fields become one where that costs less.</summary>
    public bool Merge { get; init; } = true;

    /// <summary>What going to a field costs in a section, as the area that could be imaged in its place, square micrometres.</summary>
    public double VisitArea { get; init; }

    /// <summary>Fields are at least so wide and high; 0: as they come.</summary>
    public double SmallestSide { get; init; }

    /// <summary>Larger ones are divided into tiles; 0: never.</summary>
    public double LargestSide { get; init; }

    /// <summary>What neighbouring tiles share, of a tile's side.</summary>
    public double TileOverlap { get; init; } = 0.1;

    /// <summary>The order of the fields.</summary>
    public VisitOrder Order { get; init; } = VisitOrder.Serpentine;

    /// <summary>Checks the numbers.</summary>
    /// <exception cref="BadInputException">One is out of its range.</exception>
    public void Check()
    {
        NotNegative("margin", Margin, "um");
        NotNegative("margin_share", MarginShare, "");
        NotNegative("extra_sections", ExtraSections, "");
        NotNegative("field_overhead", VisitArea, "");
        NotNegative("smallest_field", SmallestSide, "um");
        NotNegative("largest_field", LargestSide, "um");
        if (LargestSide > 0 && SmallestSide > LargestSide)
            throw BadInputException.ForParameter("smallest_field", SmallestSide, FormattableString.Invariant($"at most largest_field = {LargestSide} um"));
        if (!(TileOverlap is >= 0 and <= 0.9)) throw BadInputException.ForParameter("tile_overlap", TileOverlap, "from 0 to 0.9, a share of the tile's side");
    }

    private static void NotNegative(string name, double value, string unit)
    {
        if (!(value >= 0 && double.IsFinite(value))) throw BadInputException.ForParameter(name, value, ("0 or more " + unit).TrimEnd());
    }
}

/// <summary>A field of view: a rectangle that is imaged in some sections in a row. Pixels of the image in which cells were found.</summary>
/// <param name="First">The first section, from 0.</param>
/// <param name="Last">The last one.</param>
/// <param name="X">The first column.</param>
/// <param name="Y">The first row.</param>
/// <param name="Width">Columns.</param>
/// <param name="Height">Rows.</param>
/// <param name="Boxes">Which boxes of the table reach into it, ascending.</param>
/// <param name="Cells">How many cells these are.</param>
public sealed record FieldOfView(int First, int Last, int X, int Y, int Width, int Height, IReadOnlyList<int> Boxes, int Cells)
{
    /// <summary>How many sections.</summary>
    public int Sections => Last - First + 1;

    /// <summary>Pixels in all its sections.</summary>
    public long Pixels => (long)Sections * Width * Height;

    /// <summary>The rectangle in each of its sections.</summary>
    public IEnumerable<Box> InSections() => Enumerable.Range(First, Sections).Select(z => new Box(z, X, Y, Width, Height));
}
