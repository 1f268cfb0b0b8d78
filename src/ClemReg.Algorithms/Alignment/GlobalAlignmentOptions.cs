using ClemReg.Algorithms.Transforms;

namespace ClemReg.Algorithms.Alignment;

/// <summary>Which orientations of the fluorescence against the EM are tried.</summary>
public enum AlignmentRotations
{
    /// <summary>Any.</summary>
    All,
    /// <summary>Turned about z, with a small tilt.</summary>
    InPlane,
    /// <summary>Turned about z, with a small tilt, either side up.</summary>
    InPlaneAndTurnedOver,
    /// <summary>Up to an angle from a given start.</summary>
    NearStart,
}

/// <summary>How <see cref="GlobalAlignment"/> works. Lengths in nm.</summary>
public sealed record GlobalAlignmentOptions
{
    /// <summary>Sigma of the microscope's blur along y and x, 10 to 1000 nm. The search tolerates a wrong one.</summary>
    public double PsfLateralNm { get; init; } = 90;

    /// <summary>Sigma of the microscope's blur along z, 10 to 2000 nm.</summary>
    public double PsfAxialNm { get; init; } = 300;

    /// <summary>Which orientations are tried.</summary>
    public AlignmentRotations Rotations { get; init; }

    /// <summary>Where <see cref="AlignmentRotations.NearStart"/> begins: fluorescence to EM, nm. Only its rotation and scale are used; no mirror image.</summary>
    public AffineTransform? Start { get; init; }

    /// <summary>
    /// With <see cref="AlignmentRotations.NearStart"/> the largest rotation from the start, above 0 to 180 degrees; with the in-plane kinds the tilts
    /// tried are up to the lesser of this and 10 degrees (the ascent goes some 10 further). No bound for <see cref="AlignmentRotations.All"/>.
    /// </summary>
    public double MaximumAngleDegrees { get; init; } = 20;

    /// <summary>The smallest scale, EM length / fluorescence length, 0.5 to 2.</summary>
    public double ScaleMinimum { get; init; } = 0.9;

    /// <summary>The largest scale, 0.5 to 2.</summary>
    public double ScaleMaximum { get; init; } = 1.1;

    /// <summary>Rotations of the whole sphere, 100 to 20000: the mean distance to the nearest is 10 degrees for 1500 and goes with the cube root.</summary>
    public int RotationCount { get; init; } = 1500;

    /// <summary>Refuses options out of their range.</summary>
    /// <exception cref="BadInputException">An option out of its range.</exception>
    internal void Check()
    {
        Within("psf_xy", PsfLateralNm, 10, 1000, "60 to 120 is usual.");
        Within("psf_z", PsfAxialNm, 10, 2000, "150 to 450 is usual.");
        Within("search_scale_minimum", ScaleMinimum, 0.5, 2, "Wrong voxel sizes are set right in the images, not here.");
        Within("search_scale_maximum", ScaleMaximum, 0.5, 2, "Wrong voxel sizes are set right in the images, not here.");
        if (ScaleMinimum > ScaleMaximum)
            throw BadInputException.ForParameter("search_scale_minimum", ScaleMinimum, $"no more than search_scale_maximum, {ScaleMaximum}", "Give the smaller number first; 0.9 and 1.1 are the defaults.");
        if (!(MaximumAngleDegrees > 0 && MaximumAngleDegrees <= 180))
            throw BadInputException.ForParameter("search_angle", MaximumAngleDegrees, "above 0 to 180 degrees", "20 is usual.");
        if (RotationCount is < 100 or > 20000)
            throw BadInputException.ForParameter("rotation_count", RotationCount, "from 100 to 20000", "1500 is usual.");
        if (!Enum.IsDefined(Rotations))
            throw BadInputException.ForParameter("rotations", Rotations, "All, InPlane, InPlaneAndTurnedOver or NearStart");
        if (Rotations != AlignmentRotations.NearStart) return;
        if (Start is null) throw BadInputException.ForParameter("start", null, "a transform when rotations near it are searched");
        if (!(Start.Determinant > 1e-12))
            throw BadInputException.ForParameter("start", $"determinant {Start.Determinant:G3}", "a transform that neither mirrors nor flattens",
                "Check the order of its axes.");
    }

    private static void Within(string name, double value, double least, double most, string advice)
    {
        if (!(value >= least && value <= most)) throw BadInputException.ForParameter(name, value, $"from {least} to {most}", advice);
    }
}
