using System.Globalization;
using ClemReg.Algorithms.Registration;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Transforms.Interchange;

/// <summary>A file to be written: its path inside the output, and its content, which is a text or bytes.</summary>
/// <param name="Path">Empty where the output is this one file; else the path in the output folder, with /.</param>
/// <param name="Text">The content of a text file.</param>
/// <param name="Bytes">The content of any other file.</param>
public sealed record OutputFile(string Path, string? Text, byte[]? Bytes = null)
{
    /// <summary>A text that is the whole output.</summary>
    public static IReadOnlyList<OutputFile> Single(string text) => [new("", text)];
}

/// <summary>What the reader of a format may need to know that its file does not say.</summary>
/// <param name="Text">The file's text.</param>
/// <param name="File">The file's name, for messages.</param>
/// <param name="Unit">The unit of lengths where the file does not name it.</param>
/// <param name="Moving">The fluorescence's grid, where it is known; its size is 1 where only the spacing is.</param>
/// <param name="Fixed">The EM's grid, likewise.</param>
/// <param name="Item">Which of several entries of the file (a setup, a row) is the fluorescence; empty: the format's own choice.</param>
public sealed record ImportSource(string Text, string File, LengthUnit Unit, Grid? Moving = null, Grid? Fixed = null, string Item = "")
{
    internal BadInputException Bad(string what) => new($"{File}: {what}");

    internal BadInputException Bad(int line, string what) => new($"{File}, line {line}: {what}");

    /// <summary>The text without a byte order mark, in lines.</summary>
    internal string[] Lines() => Text.TrimStart('\uFEFF').ReplaceLineEndings("\n").Split('\n');
}

/// <summary>What a file of another tool holds: a transform, or landmark pairs from which one is to be fitted.</summary>
/// <param name="Transform">Moving to fixed, nm, z, y, x; null where there are only pairs.</param>
/// <param name="Pairs">The active landmark pairs; null where there are none.</param>
/// <param name="Fit">The model that the file itself names for its pairs, as landmark_fit spells it; null where it names none.</param>
/// <param name="Skipped">Pairs left out because they were inactive or not set.</param>
public sealed record ImportedTransform(AffineTransform? Transform, IReadOnlyList<LandmarkPair>? Pairs = null, string? Fit = null, int Skipped = 0);

/// <summary>A transform on its way to a file of another tool.</summary>
public sealed class ExportSource
{
    private readonly int _count;
    private IReadOnlyList<LandmarkPair>? _pairs;

    /// <summary>Makes it.</summary>
    /// <param name="transform">Moving to fixed, nm, z, y, x.</param>
    /// <param name="unit">The unit to write lengths in.</param>
    public ExportSource(SpatialTransform transform, LengthUnit unit)
        : this(transform, unit, 300)
    {
    }

    /// <summary>Makes it.</summary>
    /// <param name="transform">Moving to fixed, nm, z, y, x.</param>
    /// <param name="unit">The unit to write lengths in.</param>
    /// <param name="controlPoints">About how many points stand for a deformable transform; 8 or more.</param>
    public ExportSource(SpatialTransform transform, LengthUnit unit, int controlPoints)
    {
        Transform = transform;
        Unit = unit;
        _count = controlPoints;
    }

    /// <summary>Moving to fixed, nm, z, y, x.</summary>
    public SpatialTransform Transform { get; }

    /// <summary>The unit to write lengths in.</summary>
    public LengthUnit Unit { get; }

    /// <summary>About how many points stand for a deformable transform.</summary>
    public int ControlPoints => _count;

    /// <summary>The fluorescence's grid, where it is known.</summary>
    public Grid? Moving { get; init; }

    /// <summary>The EM's grid, where it is known.</summary>
    public Grid? Fixed { get; init; }

    /// <summary>Whether the sizes of the grids are known, and not only their spacings.</summary>
    public bool MovingSizeKnown { get; init; }

    /// <inheritdoc cref="MovingSizeKnown"/>
    public bool FixedSizeKnown { get; init; }

    /// <summary>The file name of the fluorescence.</summary>
    public string MovingName { get; init; } = "fluorescence.tif";

    /// <summary>The file name of the EM.</summary>
    public string FixedName { get; init; } = "em.tif";

    /// <summary>Whether a format for affine maps may get the best affine map of a deformable transform.</summary>
    public bool AffineApproximation { get; init; }

    /// <summary>The landmark pairs that the transform was made from, where it was.</summary>
    public IReadOnlyList<LandmarkPair>? OwnPairs { get; init; }

    /// <summary>The distance of a displacement field's nodes, nm.</summary>
    public double FieldSpacingNm { get; init; } = 500;

    /// <summary>Threads and cancellation for formats that have much to compute.</summary>
    public Job Job { get; init; } = new(1);

    /// <summary>RMS and largest distance between the transform and the displacement field in its place, in nm; null where there is none.</summary>
    public (double RmsNm, double MaximumNm)? FieldError { get; internal set; }

    /// <summary>What the user should know about the file, filled while it is written.</summary>
    public List<string> Notes { get; } = [];

    /// <summary>RMS and largest distance between the transform and the affine map in its place, in nm; null where nothing was replaced.</summary>
    public (double RmsNm, double MaximumNm)? ApproximationError { get; private set; }

    /// <summary>The transform at points: its own landmarks, or a lattice over the fluorescence.</summary>
    /// <exception cref="BadInputException">A deformable transform without landmarks, and no image over which to lay a lattice.</exception>
    public IReadOnlyList<LandmarkPair> Pairs => _pairs ??= MakePairs();

    /// <summary>The transform as an affine map.</summary>
    /// <param name="format">The format's name, for the message.</param>
    /// <exception cref="BadInputException">It is deformable, and an approximation is not allowed.</exception>
    public AffineTransform Affine(string format)
    {
        if (Transform is AffineTransform affine) return affine;
        if (!AffineApproximation)
            throw new BadInputException($"The transform is deformable, and {format} holds an affine transform only. "
                + "Choose bigwarp_landmarks, bigwarp_json or ngff_displacements, or set affine_approximation to write the best affine transform in its place, with its error.");
        LandmarkFit fit = LandmarkFit.Fit([.. Pairs.Select(p => p.Moving)], [.. Pairs.Select(p => p.Fixed)], LandmarkModel.Affine);
        ApproximationError = (fit.RmsNm, fit.MaximumNm);
        Notes.Add(string.Create(CultureInfo.InvariantCulture,
            $"An affine transform was written in place of a deformable one: at {Pairs.Count} points it is off by {fit.RmsNm:F1} nm RMS, {fit.MaximumNm:F1} nm at most."));
        return fit.Transform;
    }

    private IReadOnlyList<LandmarkPair> MakePairs()
    {
        if (OwnPairs is not null && (Transform is not AffineTransform) && OwnPairs.Count <= _count) return OwnPairs;
        Grid? grid = Moving;
        if (grid is null || !MovingSizeKnown)
        {
            if (OwnPairs is not null) return Lattice.Thinned(OwnPairs, _count);
            if (Transform is not AffineTransform)
                throw new BadInputException("The control points of a deformable transform lie on a lattice over the fluorescence, whose extent is not known. Give the image as moving.");
            // Of an affine map any points tell the whole.
            grid = new Grid(new Size3(2, 2, 2), new Point3(10000, 10000, 10000));
            Notes.Add("Without the fluorescence (moving) the control points span 0 to 10 um; the affine transform is the same everywhere. Give the image to have them over it.");
        }
        return [.. Lattice.Over(grid, _count).Select((p, i) => new LandmarkPair("Pt-" + i.ToString(CultureInfo.InvariantCulture), p, Transform.Apply(p)))];
    }
}

/// <summary>A file format of another tool that holds a transform.</summary>
public interface ITransformFormat
{
    /// <summary>The name under which the user chooses it.</summary>
    string Name { get; }

    /// <summary>The tool and its file in a few words.</summary>
    string Title { get; }

    /// <summary>Writes the transform.</summary>
    /// <exception cref="BadInputException">The format cannot hold it, or needs to know more.</exception>
    IReadOnlyList<OutputFile> Write(ExportSource source);

    /// <summary>Whether the text looks like a file of this format.</summary>
    bool Recognises(string text);

    /// <summary>Whether files of this format can be read; false for those that are written only.</summary>
    bool CanRead => true;

    /// <summary>Reads a file.</summary>
    /// <exception cref="BadInputException">The file is not of this format, is incomplete, or holds something that has no place here. The message names the file and the line or key.</exception>
    ImportedTransform Read(ImportSource source);
}
