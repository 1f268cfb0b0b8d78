namespace ClemReg.Algorithms.Volumes;

/// <summary>A 2-D image of one section: rows y, x fastest. Pixel (y, x) is at index y * <see cref="Width"/> + x.</summary>
public sealed class Plane<T> where T : unmanaged
{
    /// <summary>Takes pixels as they are, without a copy.</summary>
    /// <param name="height">Rows, at least 1.</param>
    /// <param name="width">Pixels of a row, at least 1.</param>
    /// <param name="values">height * width pixels.</param>
    /// <exception cref="BadInputException">A size is below 1, or too many pixels.</exception>
    public Plane(int height, int width, T[] values)
    {
        Check(height, width);
        if (values.Length != height * width) throw new ArgumentException("the pixels have another count than the size says", nameof(values));
        Height = height;
        Width = width;
        Values = values;
    }

    /// <summary>Makes a plane of zeros.</summary>
    /// <exception cref="BadInputException">A size is below 1, or too many pixels.</exception>
    public Plane(int height, int width) : this(height, width, new T[Check(height, width)])
    {
    }

    /// <summary>Rows.</summary>
    public int Height { get; }

    /// <summary>Pixels of a row.</summary>
    public int Width { get; }

    /// <summary>The pixels, rows from y = 0, x fastest.</summary>
    public T[] Values { get; }

    /// <summary>One row.</summary>
    public Span<T> Row(int y) => Values.AsSpan(y * Width, Width);

    /// <summary>One pixel.</summary>
    public ref T this[int y, int x] => ref Values[y * Width + x];

    private static int Check(int height, int width)
    {
        if (height < 1 || width < 1 || (long)height * width > int.MaxValue / 8)
            throw BadInputException.ForParameter("size", $"{height} x {width}", $"at least 1 x 1 and at most {int.MaxValue / 8} pixels (y, x)", "Crop or bin the image.");
        return height * width;
    }
}
