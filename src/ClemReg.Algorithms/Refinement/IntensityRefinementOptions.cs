namespace ClemReg.Algorithms.Refinement;

/// <summary>What a linear refinement may change.</summary>
public enum LinearKind
{
    /// <summary>Rotation and translation: 6 degrees of freedom.</summary>
    Rigid,
    /// <summary>And one scale: 7.</summary>
    Similarity,
    /// <summary>Any matrix: 12.</summary>
    Affine,
}

/// <summary>The parameters of <see cref="IntensityRefinement"/>.</summary>
public sealed record IntensityRefinementOptions
{
    /// <summary>What may change.</summary>
    public LinearKind Kind { get; init; } = LinearKind.Similarity;

    /// <summary>The microscope's blur: a given one, or where its estimation begins.</summary>
    public PointSpreadFunction Psf { get; init; } = new(90, 300);

    /// <summary>True to estimate the blur together with the transform.</summary>
    public bool EstimatePsf { get; init; } = true;

    /// <summary>How well <see cref="Psf"/> is known before: the standard deviation of its logarithm.</summary>
    public double PsfPrior { get; init; } = 0.5;

    /// <summary>Standard deviation of the surroundings that are taken off both sides, nm.</summary>
    public double HighPassNm { get; init; } = 420;

    /// <summary>Blur on top of the microscope's, nm, of the levels before the last one; empty to begin at full sharpness.</summary>
    public IReadOnlyList<double> Levels { get; init; } = [600, 250];

    /// <summary>Voxels of the fluorescence that are looked at.</summary>
    public int Samples { get; init; } = 100_000;

    /// <summary>The most steps of a level.</summary>
    public int MaxIterations { get; init; } = 25;

    /// <summary>The least distance of a looked-at place to the EM's faces, nm, z, y, x: what lies beyond them shines in.</summary>
    public Volumes.Point3 MarginNm { get; init; }

    /// <summary>For the choice of voxels.</summary>
    public int Seed { get; init; } = 1;
}
