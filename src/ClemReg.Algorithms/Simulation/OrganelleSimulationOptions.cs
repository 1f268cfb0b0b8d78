using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Simulation;

/// <summary>
/// What <see cref="OrganelleSimulator"/> makes. The defaults give 1.5 x 7.7 x 7.7 um of a cell with its nucleus, some 60 organelles in all, and exact boxes.
/// </summary>
public sealed record OrganelleSimulationOptions
{
    /// <summary>A number of organelles that stands for as many as a cell has in such a volume.</summary>
    public const int AsInCells = -1;

    /// <summary>Chooses the sample: the same options and seed give the same voxels and boxes.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Slices.</summary>
    public int SizeZ { get; init; } = 100;

    /// <summary>Voxels along y.</summary>
    public int SizeY { get; init; } = 512;

    /// <summary>Voxels along x.</summary>
    public int SizeX { get; init; } = 512;

    /// <summary>Distance of slices, nm.</summary>
    public double SpacingZ { get; init; } = 15;

    /// <summary>Pixel size, nm.</summary>
    public double SpacingXy { get; init; } = 15;

    /// <summary>Standard deviation of the shot noise at mid grey, in grey values.</summary>
    public double Noise { get; init; } = 9;

    /// <summary>Early endosomes, 0 or more, or <see cref="AsInCells"/>.</summary>
    public int EarlyEndosomes { get; init; } = AsInCells;

    /// <summary>Late endosomes.</summary>
    public int LateEndosomes { get; init; } = AsInCells;

    /// <summary>Lysosomes.</summary>
    public int Lysosomes { get; init; } = AsInCells;

    /// <summary>Mitochondria.</summary>
    public int Mitochondria { get; init; } = AsInCells;

    /// <summary>Whether there is a nucleus; it needs a volume of 3.1 um across.</summary>
    public bool Nucleus { get; init; } = true;

    /// <summary>The share of endosomes that are two vacuoles joined by a thin bridge, and of mitochondria with a thin neck.</summary>
    public double Bridged { get; init; } = 0.2;

    /// <summary>Profiles of fewer pixels have no box.</summary>
    public int LeastProfile { get; init; } = 12;

    /// <summary>Standard deviation by which each side of a box is off, as a share of the box's width or height.</summary>
    public double BoxJitter { get; init; }

    /// <summary>The share of boxes that are missing.</summary>
    public double MissedBoxes { get; init; }

    /// <summary>The share of objects that have no box in any slice.</summary>
    public double MissedObjects { get; init; }

    /// <summary>Boxes around nothing, as a share of the true ones; each lasts for one to five slices.</summary>
    public double FalseBoxes { get; init; }

    /// <summary>The share of late endosomes whose boxes say lysosome, and of lysosomes whose boxes say late endosome.</summary>
    public double Confused { get; init; }

    /// <summary>The grid of the image.</summary>
    internal Grid Grid => new(new Size3(SizeZ, SizeY, SizeX), new Point3(SpacingZ, SpacingXy, SpacingXy));

    /// <summary>Checks the numbers.</summary>
    /// <exception cref="BadInputException">A number is out of range.</exception>
    public void Check()
    {
        BadInputException.CheckRange("em_size_z", SizeZ, 1, 4000);
        BadInputException.CheckRange("em_size_y", SizeY, 16, 8000);
        BadInputException.CheckRange("em_size_x", SizeX, 16, 8000);
        BadInputException.CheckRange("em_spacing_z", SpacingZ, 2, 200);
        BadInputException.CheckRange("em_spacing_xy", SpacingXy, 2, 50);
        BadInputException.CheckRange("em_noise", Noise, 0, 60);
        foreach ((string name, int count) in new[] { ("early_endosomes", EarlyEndosomes), ("late_endosomes", LateEndosomes), ("lysosomes", Lysosomes), ("mitochondria", Mitochondria) }) BadInputException.CheckRange(name, count, AsInCells, 10000);
        BadInputException.CheckRange("bridged", Bridged, 0, 1);
        BadInputException.CheckRange("least_profile", LeastProfile, 1, 1_000_000);
        BadInputException.CheckRange("box_jitter", BoxJitter, 0, 0.5);
        BadInputException.CheckRange("missed_boxes", MissedBoxes, 0, 1);
        BadInputException.CheckRange("missed_objects", MissedObjects, 0, 1);
        BadInputException.CheckRange("false_boxes", FalseBoxes, 0, 10);
        BadInputException.CheckRange("confused", Confused, 0, 1);
    }
}
