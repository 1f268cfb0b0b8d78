using ClemReg.Algorithms.Filters;

namespace ClemReg.Algorithms.Cells;

/// <summary>Whether and how noise is removed before cells are looked for.</summary>
public enum CellDenoising
{
    /// <summary>The section is taken as it is.</summary>
    None,
    /// <summary>BM3D with the noise estimated from each section.</summary>
    Estimated,
    /// <summary>BM3D with a given noise.</summary>
    Given,
}

/// <summary>
/// The numbers of the published detection of cells, with its defaults where it names them; the radius of the ball and the tiles, which it leaves to
/// ImageJ and Matlab, are those programs' defaults. Lengths are pixels.
/// </summary>
public sealed record PublishedDetectorOptions
{
    /// <summary>Whether BM3D comes first.</summary>
    public CellDenoising Denoising { get; init; } = CellDenoising.None;

    /// <summary>The noise's standard deviation in the image's intensities, for <see cref="CellDenoising.Given"/>.</summary>
    public double NoiseSigma { get; init; }

    /// <summary>Radius of the rolling ball; 0 for sections whose background was taken off already.</summary>
    public double BallRadius { get; init; } = 50;

    /// <summary>CLAHE's tiles along y and along x; 0 for sections whose contrast was equalised already.</summary>
    public int Tiles { get; init; } = 8;

    /// <summary>CLAHE's clip limit, 0 to 1.</summary>
    public double ClipLimit { get; init; } = 0.01;

    /// <summary>Standard deviation of the Laplacian of Gaussian.</summary>
    public double LogSigma { get; init; } = 7;

    /// <summary>The share of the pixels, the brightest of the feature, that mark cells.</summary>
    public double MarkerShare { get; init; } = 0.08;

    /// <summary>Regions larger than this share of the section are dropped.</summary>
    public double MaximumAreaShare { get; init; } = 0.25;

    /// <summary>Regions of fewer pixels are dropped, unless they were merged.</summary>
    public double MinimumArea { get; init; } = 10;

    /// <summary>When above 0, regions smaller than a disc of this diameter are dropped instead of <see cref="MinimumArea"/>.</summary>
    public double MinimumDiameter { get; init; }

    /// <summary>When above 0, regions larger than a disc of this diameter are dropped instead of <see cref="MaximumAreaShare"/>.</summary>
    public double MaximumDiameter { get; init; }

    /// <summary>Boxes are merged when they share this much of either.</summary>
    public double MergeShare { get; init; } = BoxMerging.PublishedShare;

    /// <summary>The largest region of a section that is kept, pixels.</summary>
    public double LargestArea(int height, int width) => MaximumDiameter > 0 ? DiscArea(MaximumDiameter) : MaximumAreaShare * height * width;

    /// <summary>The smallest region that is kept, pixels.</summary>
    public double SmallestArea => MinimumDiameter > 0 ? DiscArea(MinimumDiameter) : MinimumArea;

    /// <summary>Checks the numbers, those that the filters do not check themselves.</summary>
    /// <exception cref="BadInputException">A number is out of range.</exception>
    public void Check(int height, int width)
    {
        if (Denoising == CellDenoising.Given && !(NoiseSigma >= 0 && double.IsFinite(NoiseSigma)))
            throw BadInputException.ForParameter("noise sigma", NoiseSigma, "0 or more, in the image's intensities");
        if (!(BallRadius >= 0 && BallRadius <= RollingBall.MaximumRadius))
            throw BadInputException.ForParameter("rolling-ball radius", BallRadius, $"0 (none) to {RollingBall.MaximumRadius} pixels", "The usual value is 50.");
        if (Tiles < 0) throw BadInputException.ForParameter("tiles", Tiles, "0 (none) or more", "The usual number is 8.");
        if (!(MarkerShare > 0 && MarkerShare < 1)) throw BadInputException.ForParameter("marker share", MarkerShare, "above 0 and below 1", "The published value is 0.08.");
        if (!(MaximumAreaShare > 0 && MaximumAreaShare <= 1)) throw BadInputException.ForParameter("maximum area share", MaximumAreaShare, "above 0 and at most 1", "The published value is 0.25.");
        if (!(MinimumArea >= 0)) throw BadInputException.ForParameter("minimum area", MinimumArea, "0 pixels or more", "The published value is 10.");
        if (!(MinimumDiameter >= 0)) throw BadInputException.ForParameter("minimum diameter", MinimumDiameter, "0 (not used) or more pixels");
        if (!(MaximumDiameter >= 0)) throw BadInputException.ForParameter("maximum diameter", MaximumDiameter, "0 (not used) or more pixels");
        if (SmallestArea > LargestArea(height, width))
            throw BadInputException.ForParameter("minimum diameter", Math.Round(2 * Math.Sqrt(SmallestArea / Math.PI), 1),
                $"at most that of the largest cell, {2 * Math.Sqrt(LargestArea(height, width) / Math.PI):F1} pixels in this image");
    }

    private static double DiscArea(double diameter) => Math.PI / 4 * diameter * diameter;
}
