namespace ClemReg.Algorithms.Cells;

/// <summary>How cells are found.</summary>
public sealed record CellDetectorOptions
{
    /// <summary>The least diameter of a cell, pixels; 0: from the image.</summary>
    public double MinimumDiameter { get; init; }

    /// <summary>The largest, pixels; 0: from the image.</summary>
    public double MaximumDiameter { get; init; }

    /// <summary>Cells need this score, 0 to 1: 0.5 is a cell of usual contrast, 0.23 one of three tenths of it. Lower finds more, and more that is none.</summary>
    public double MinimumScore { get; init; } = 0.23;

    /// <summary>Whether dark holes (nuclei in a stained cytoplasm) count as inside.</summary>
    public bool FillNuclei { get; init; } = true;

    /// <summary>Whether what is notched is divided into cells that touch.</summary>
    public bool Split { get; init; } = true;

    /// <summary>Whether grains (vesicles, spots of a punctate stain) that crowd together are taken for cells together.</summary>
    public bool JoinGrains { get; init; } = true;

    /// <summary>Checks the options for a section.</summary>
    /// <exception cref="BadInputException">One is out of its range.</exception>
    public void Check(int height, int width)
    {
        double side = Math.Max(height, width);
        if (!(MinimumDiameter >= 0 && MinimumDiameter <= side))
            throw BadInputException.ForParameter("cell_minimum_diameter", MinimumDiameter, FormattableString.Invariant($"0 (from the image) to the image's {side} pixels"));
        if (!(MaximumDiameter >= 0 && MaximumDiameter <= side))
            throw BadInputException.ForParameter("cell_maximum_diameter", MaximumDiameter, FormattableString.Invariant($"0 (from the image) to the image's {side} pixels"));
        if (MaximumDiameter > 0 && MaximumDiameter < MinimumDiameter)
            throw BadInputException.ForParameter("cell_maximum_diameter", MaximumDiameter, FormattableString.Invariant($"at least cell_minimum_diameter = {MinimumDiameter}"));
        if (!(MinimumScore >= 0 && MinimumScore < 1)) throw BadInputException.ForParameter("cell_score", MinimumScore, "0 or more and below 1");
    }
}
