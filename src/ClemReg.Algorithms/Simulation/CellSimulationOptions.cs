namespace ClemReg.Algorithms.Simulation;

/// <summary>Where in a cell the fluorescent protein is.</summary>
public enum CellPattern
{
    /// <summary>Evenly in the cytoplasm; the nucleus is empty.</summary>
    Cytoplasmic,
    /// <summary>Evenly in the nucleus only.</summary>
    Nuclear,
    /// <summary>In small round spots in the cytoplasm.</summary>
    Punctate,
}

/// <summary>
/// What <see cref="CellSimulator"/> makes: the published test of cell detection (spheres with normally distributed size and brightness, noise on a
/// bell-shaped background of 80, sections of 100 nm), with pixels and cells about as in the published sections.
/// </summary>
public sealed record CellSimulationOptions
{
    /// <summary>Chooses the sample: the same options and seed give the same pixels.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Sections of the stack.</summary>
    public int Sections { get; init; } = 10;

    /// <summary>Rows of a section.</summary>
    public int Height { get; init; } = 512;

    /// <summary>Columns of a section.</summary>
    public int Width { get; init; } = 512;

    /// <summary>Pixel size, nm.</summary>
    public double PixelSize { get; init; } = 178;

    /// <summary>Thickness of a section, nm.</summary>
    public double SectionThickness { get; init; } = 100;

    /// <summary>
    /// How many cells a section cuts on average. The published detector marks the brightest 8 % of the pixels whatever there is, so its precision depends on this number: at the
    /// default it has about the published one (docs/benchmarks.md).
    /// </summary>
    public double CellsPerSection { get; init; } = 16;

    /// <summary>Mean diameter of a cell, nm.</summary>
    public double Diameter { get; init; } = 9000;

    /// <summary>Standard deviation of the diameter, nm.</summary>
    public double DiameterSpread { get; init; } = 1200;

    /// <summary>Diameter of the nucleus as a share of the cell's.</summary>
    public double NucleusShare { get; init; } = 0.5;

    /// <summary>Where the fluorescence is.</summary>
    public CellPattern Pattern { get; init; } = CellPattern.Cytoplasmic;

    /// <summary>
    /// Mean brightness of a cell, grey values above the background. From 160 on it changes next to nothing: the published detector, told the
    /// noise and a minimum diameter of 29 pixels, finds about as many of the cytoplasmic cells as published (86 to 88 %).
    /// </summary>
    public double Brightness { get; init; } = 200;

    /// <summary>Standard deviation of the brightness as a share of its mean.</summary>
    public double BrightnessSpread { get; init; } = 0.25;

    /// <summary>Standard deviation of the Gaussian noise: 20, 40 and 60 in the published test.</summary>
    public double Noise { get; init; } = 20;

    /// <summary>Height of the bell-shaped background in the middle of the section.</summary>
    public double Background { get; init; } = 80;

    /// <summary>Added to every pixel, so that noise does not reach below 0.</summary>
    public double Offset { get; init; } = 400;

    /// <summary>Spots of a punctate cell.</summary>
    public int Spots { get; init; } = 150;

    /// <summary>Diameter of a spot, nm.</summary>
    public double SpotDiameter { get; init; } = 800;

    /// <summary>Checks the numbers.</summary>
    /// <exception cref="BadInputException">A number is out of range.</exception>
    public void Check()
    {
        BadInputException.CheckRange("sections", Sections, 1, 10000);
        BadInputException.CheckRange("height", Height, 1, 16384);
        BadInputException.CheckRange("width", Width, 1, 16384);
        BadInputException.CheckRange("pixel size", PixelSize, 1, 10000);
        BadInputException.CheckRange("section thickness", SectionThickness, 1, 10000);
        BadInputException.CheckRange("cells per section", CellsPerSection, 0, 10000);
        BadInputException.CheckRange("diameter", Diameter, 2 * PixelSize, 1e6);
        BadInputException.CheckRange("diameter spread", DiameterSpread, 0, Diameter / 3);
        BadInputException.CheckRange("nucleus share", NucleusShare, 0, 0.95);
        BadInputException.CheckRange("brightness", Brightness, 0, 20000);
        BadInputException.CheckRange("brightness spread", BrightnessSpread, 0, 1);
        BadInputException.CheckRange("noise", Noise, 0, 10000);
        BadInputException.CheckRange("background", Background, 0, 20000);
        BadInputException.CheckRange("offset", Offset, 0, 20000);
        BadInputException.CheckRange("spots", Spots, 1, 100000);
        BadInputException.CheckRange("spot diameter", SpotDiameter, PixelSize / 2, Diameter / 2);
        if (!Enum.IsDefined(Pattern)) throw BadInputException.ForParameter("pattern", Pattern, "cytoplasmic, nuclear or punctate");
    }
}
