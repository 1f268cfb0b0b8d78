using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Evaluation;

/// <summary>One view in an <see cref="OverlayPicture"/>. Above it the picture leaves <see cref="TitleHeight"/> rows free for its title.</summary>
/// <param name="Title">What it shows, for example "After, xz".</param>
/// <param name="X">Its left pixel.</param>
/// <param name="Y">Its top pixel.</param>
/// <param name="Width">Pixels across.</param>
/// <param name="Height">Pixels down.</param>
/// <param name="NmPerPixel">The length of a pixel's side in nm, the same across and down to within half a pixel of the panel.</param>
public sealed record OverlayPanel(string Title, int X, int Y, int Width, int Height, double NmPerPixel)
{
    /// <summary>Free rows above a panel.</summary>
    public const int TitleHeight = 24;
}

/// <summary>A scale bar that is drawn in the picture: a white rectangle with a black rim. Its text belongs centred above it, light on dark.</summary>
/// <param name="X">Its left pixel.</param>
/// <param name="Y">Its top pixel.</param>
/// <param name="Width">Pixels across.</param>
/// <param name="Height">Pixels down.</param>
/// <param name="LengthNm">The length that it stands for: 1, 2 or 5 times a power of ten, in nm.</param>
public sealed record OverlayScaleBar(int X, int Y, int Width, int Height, double LengthNm);

/// <summary>A word in the picture, light on dark.</summary>
/// <param name="Text">The word.</param>
/// <param name="X">The left end of its base line.</param>
/// <param name="Y">The row of its base line.</param>
public sealed record OverlayLabel(string Text, int X, int Y);

/// <summary>A picture of fluorescence over EM, before and after registration.</summary>
/// <param name="Width">Pixels across.</param>
/// <param name="Height">Pixels down.</param>
/// <param name="Rgb">Height x Width x 3 bytes, rows from the top, red first.</param>
/// <param name="Panels">xy, yz, xz before, then xy, yz, xz after.</param>
/// <param name="ScaleBars">One in each xy panel.</param>
/// <param name="Labels">The values of the lines of equal predicted error; none where no error is predicted.</param>
/// <param name="Caption">What the picture shows: planes, contrast, how the fluorescence was placed before.</param>
/// <param name="Errors">What the lines of equal predicted error show; empty where no error is predicted.</param>
/// <param name="Views">What the panels show in layers, xy, yz, xz, and then the same of each field; empty unless asked for.</param>
public sealed record OverlayPicture(
    int Width, int Height, byte[] Rgb, IReadOnlyList<OverlayPanel> Panels, IReadOnlyList<OverlayScaleBar> ScaleBars, IReadOnlyList<OverlayLabel> Labels, string Caption, string Errors,
    IReadOnlyList<OverlayView> Views);

/// <summary>A view in layers of one byte a pixel, which whoever shows it lays over each other. Rows from the top.</summary>
/// <param name="Field">0 for the whole plane, 1 and up for the fields.</param>
/// <param name="Plane">Its orientation.</param>
/// <param name="First">The first voxel of the fixed volume in it (z, y, x).</param>
/// <param name="Size">How many voxels it shows along each axis, 1 across the plane.</param>
/// <param name="Width">Pixels across.</param>
/// <param name="Height">Pixels down.</param>
/// <param name="NmPerPixel">The length of a pixel's side in nm, the same across and down to within half a pixel of the view.</param>
/// <param name="Em">The EM, or its mask where there is no image, in the picture's contrast.</param>
/// <param name="Outline">255 on the rim of the mask, 0 elsewhere.</param>
/// <param name="After">The registered fluorescence, in the picture's contrast.</param>
/// <param name="Before">The fluorescence before, or null for fields.</param>
public sealed record OverlayView(
    int Field, ViewPlane Plane, (int Z, int Y, int X) First, Size3 Size, int Width, int Height, double NmPerPixel,
    byte[] Em, byte[] Outline, byte[] After, byte[]? Before);

/// <summary>The colour of the fluorescence.</summary>
public enum OverlayColor
{
    /// <summary>Red and blue; the mask's outline is green.</summary>
    Magenta,
    /// <summary>Green; the mask's outline is magenta.</summary>
    Green,
}

/// <summary>What <see cref="OverlayRenderer"/> may be told.</summary>
public sealed record OverlayOptions
{
    /// <summary>The fixed voxel (z, y, x) that the three planes go through; null for the planes with the most mask.</summary>
    public (int Z, int Y, int X)? Point { get; init; }

    /// <summary>The colour of the fluorescence.</summary>
    public OverlayColor Color { get; init; }

    /// <summary>Draws the mask's outline over a grey EM image. Without an image the mask itself is shown.</summary>
    public bool Outline { get; init; } = true;

    /// <summary>The predicted error over the fixed volume, nm, on any grid that covers it: drawn as lines into the views after registration. Null for none.</summary>
    public Volume<float>? PredictedError { get; init; }

    /// <summary>The most pixels across, 200 to 10000. The picture is also never much higher than this.</summary>
    public int MaxWidth { get; init; } = 1800;

    /// <summary>Gives <see cref="OverlayPicture.Views"/> too.</summary>
    public bool Views { get; init; }
}
