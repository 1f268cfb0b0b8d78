using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Segmentation;

/// <summary>Sections with a frame one pixel wide, so that every pixel has all its neighbours: index (y + 1) * (width + 2) + x + 1.</summary>
internal static class FramedPlane
{
    /// <summary>Puts a frame of <paramref name="frame"/> around a section.</summary>
    public static T[] Add<T>(Plane<T> plane, T frame) where T : unmanaged
    {
        int stride = plane.Width + 2;
        var framed = new T[checked(stride * (plane.Height + 2))];
        if (!frame.Equals(default(T))) Array.Fill(framed, frame);
        for (int y = 0; y < plane.Height; y++) plane.Row(y).CopyTo(framed.AsSpan((y + 1) * stride + 1));
        return framed;
    }

    /// <summary>Takes the frame off.</summary>
    public static Plane<T> Remove<T>(T[] framed, int height, int width) where T : unmanaged
    {
        var plane = new Plane<T>(height, width);
        for (int y = 0; y < height; y++) framed.AsSpan((y + 1) * (width + 2) + 1, width).CopyTo(plane.Row(y));
        return plane;
    }

    /// <summary>From a pixel to its neighbours: above, left, right, below, then the corners in the same order.</summary>
    public static int[] Offsets(int width, Neighbourhood neighbourhood)
    {
        int stride = width + 2;
        return neighbourhood == Neighbourhood.Four
            ? [-stride, -1, 1, stride]
            : [-stride, -1, 1, stride, -stride - 1, -stride + 1, stride - 1, stride + 1];
    }
}
