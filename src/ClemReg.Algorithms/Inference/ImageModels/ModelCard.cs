using System.Globalization;

namespace ClemReg.Algorithms.Inference.ImageModels;

/// <summary>How a model's values become a probability.</summary>
public enum Activation
{
    /// <summary>They are probabilities.</summary>
    None,
    /// <summary>They are logits of one class: 1 / (1 + exp(-v)).</summary>
    Sigmoid,
    /// <summary>They are logits of classes that exclude each other, one a channel.</summary>
    Softmax,
}

/// <summary>How intensities become what a model was trained on.</summary>
public enum NormalisationKind
{
    /// <summary>By fixed numbers: intensities of 0 to 1 less the mean, over the standard deviation.</summary>
    Fixed,
    /// <summary>To mean 0 and standard deviation 1.</summary>
    Standardise,
    /// <summary>Two percentiles become 0 and 1.</summary>
    Percentile,
}

/// <summary>How intensities become what a model was trained on.</summary>
/// <param name="Kind">By which rule.</param>
/// <param name="Mean">Fixed: subtracted from intensities of 0 to 1 (8 bit: 0 to 255, 16 bit: 0 to 65535).</param>
/// <param name="StandardDeviation">Fixed: what they are then divided by, positive.</param>
/// <param name="LowPercentile">Percentile: becomes 0; 0 to 100.</param>
/// <param name="HighPercentile">Percentile: becomes 1; above the low one, to 100.</param>
/// <param name="WholeVolume">Standardise, Percentile: one rule for the whole volume instead of one a slice; always so for models of three dimensions.</param>
public sealed record Normalisation(
    NormalisationKind Kind = NormalisationKind.Fixed, double Mean = 0, double StandardDeviation = 1, double LowPercentile = 1, double HighPercentile = 99.8,
    bool WholeVolume = false);

/// <summary>Where a kind of probability stands in a model's outputs.</summary>
/// <param name="Output">The output's name.</param>
/// <param name="Channel">Its channel, from 0.</param>
/// <param name="Activation">How its values become probabilities.</param>
public sealed record CardOutput(string Output, int Channel, Activation Activation);

/// <summary>
/// What must be known about a model beside its file: a JSON file of the same name (model.json beside model.onnx), bioimage.io's rdf.yaml, or what the
/// file itself tells. docs/model-cards.md has all keys.
/// </summary>
public sealed record ModelCard
{
    /// <summary>What users call it.</summary>
    public required string Name { get; init; }

    /// <summary>The input's name.</summary>
    public required string Input { get; init; }

    /// <summary>True for a model of volumes (n, c, z, y, x), false for one of slices (n, c, y, x).</summary>
    public required bool Volumetric { get; init; }

    /// <summary>The input's channels; the grey image is given to each.</summary>
    public int Channels { get; init; } = 1;

    /// <summary>The length of a pixel in the images that it was trained on, nm, along z, y, x; 0: any, the image is taken as it is. Models of slices have no z.</summary>
    public Volumes.Point3 PixelNm { get; init; }

    /// <summary>How intensities are prepared.</summary>
    public Normalisation Normalisation { get; init; } = new();

    /// <summary>The piece that the model is given at once, z, y, x pixels; 0: as the model says, or what fits. Models of slices have z = 1.</summary>
    public Volumes.Size3 Tile { get; init; }

    /// <summary>How far neighbouring pieces overlap, z, y, x pixels; there they are blended. Negative: an eighth of the piece.</summary>
    public Volumes.Size3 Overlap { get; init; } = new(-1, -1, -1);

    /// <summary>A piece's sides are multiples of this, z, y, x.</summary>
    public Volumes.Size3 MultipleOf { get; init; } = new(1, 1, 1);

    /// <summary>Where the probability of the wanted structure is.</summary>
    public required CardOutput Probability { get; init; }

    /// <summary>Where the probability of boundaries between touching objects is; null where the model tells none.</summary>
    public CardOutput? Boundary { get; init; }

    /// <summary>A voxel belongs to the structure from this probability on.</summary>
    public double Threshold { get; init; } = 0.5;

    /// <summary>Refuses values out of their range.</summary>
    /// <param name="file">What messages call the card.</param>
    /// <exception cref="BadInputException">A value is out of its range; the message names it.</exception>
    public ModelCard Checked(string file)
    {
        if (Channels is < 1 or > 64) throw Bad("channels", Channels, "from 1 to 64");
        if (!(PixelNm.Z >= 0 && PixelNm.Y >= 0 && PixelNm.X >= 0) || !double.IsFinite(PixelNm.Z + PixelNm.Y + PixelNm.X)) throw Bad("pixel_size_nm", PixelNm, "0 or more");
        if (PixelNm.Y > 0 != PixelNm.X > 0) throw Bad("pixel_size_nm", PixelNm, "given along both y and x");
        Normalisation n = Normalisation;
        if (!double.IsFinite(n.Mean)) throw Bad("normalisation.mean", n.Mean, "a number");
        if (!(n.StandardDeviation > 0) || double.IsInfinity(n.StandardDeviation)) throw Bad("normalisation.std", n.StandardDeviation, "a positive number");
        if (!(n.LowPercentile >= 0 && n.LowPercentile < n.HighPercentile && n.HighPercentile <= 100))
            throw Bad("normalisation.percentiles", FormattableString.Invariant($"{n.LowPercentile}, {n.HighPercentile}"), "two percentiles from 0 to 100, the lower one first");
        if (!(Threshold > 0 && Threshold < 1)) throw Bad("threshold", Threshold, "a probability above 0 and below 1");
        foreach (int side in (int[])[Tile.Z, Tile.Y, Tile.X])
            if (side is < 0 or > 16384) throw Bad("tile", Tile, "sides of 1 to 16384 pixels, or 0 to leave them to the program");
        foreach (int side in (int[])[MultipleOf.Z, MultipleOf.Y, MultipleOf.X])
            if (side is < 1 or > 1024) throw Bad("multiple_of", MultipleOf, "from 1 to 1024");
        if (Probability.Channel is < 0 or > 1023) throw Bad("outputs.probability.channel", Probability.Channel, "from 0 to 1023");
        if (Boundary is { Channel: < 0 or > 1023 }) throw Bad("outputs.boundary.channel", Boundary.Channel, "from 0 to 1023");
        return this;

        BadInputException Bad(string key, object value, string allowed) =>
            new($"{file}: {key} = {string.Create(CultureInfo.InvariantCulture, $"{value}")} is not allowed: it must be {allowed}.");
    }
}
