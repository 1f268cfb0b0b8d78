using System.Globalization;

namespace ClemReg.Algorithms.Evaluation;

/// <summary>Lines of equal predicted error over pictures of planes, at round values that are the same in all of them.</summary>
internal sealed class ErrorContours
{
    /// <summary>About as many lines between the least and the largest error.</summary>
    private const int Lines = 3;

    /// <summary>Errors that differ by less than this part of their mean are called the same: lines would be noise.</summary>
    private const double LeastRange = 0.05;

    private readonly Raster[] _errors;
    private readonly double _least, _most, _step;

    /// <summary>Takes the predicted errors of some pictures, nm.</summary>
    public ErrorContours(Raster[] errors)
    {
        _errors = errors;
        _least = errors.Min(e => e.Values.Min());
        _most = errors.Max(e => e.Values.Max());
        if (double.IsFinite(_least) && double.IsFinite(_most) && _most - _least > LeastRange * (_most + _least) / 2) _step = RoundLength.AtMost((_most - _least) / Lines);
    }

    /// <summary>Whether there is any line.</summary>
    public bool Any => _step > 0;

    /// <summary>What the pictures show, in words; empty where the error is not known.</summary>
    public string Text => !double.IsFinite(_least) || !double.IsFinite(_most) ? "" : $"Predicted error {Short(_least)} to {Short(_most)} nm in these planes{(Any ? ": yellow lines" : "")}.";

    private static string Short(double nm) => nm.ToString(nm < 10 ? "0.#" : "0", CultureInfo.InvariantCulture);

    /// <summary>The pixels of a picture that have a line on them: those whose right or lower neighbour is on the other side of a round value.</summary>
    public IEnumerable<(int X, int Y)> Pixels(int picture)
    {
        if (!Any) yield break;
        Raster e = _errors[picture];
        for (int y = 0; y < e.Height; y++)
            for (int x = 0; x < e.Width; x++)
            {
                int here = Band(e, x, y);
                if (x + 1 < e.Width && Band(e, x + 1, y) != here || y + 1 < e.Height && Band(e, x, y + 1) != here) yield return (x, y);
            }
    }

    /// <summary>For each line of a picture its value and the pixel to write it at: of those that leave room for a text, the one nearest to the middle.</summary>
    /// <param name="picture">Which picture.</param>
    /// <param name="room">Pixels to the right of it and above it that the text needs.</param>
    public IEnumerable<(int X, int Y, string Text)> Labels(int picture, (int Right, int Above) room)
    {
        Raster e = _errors[picture];
        return Pixels(picture).Where(p => p.X + room.Right < e.Width && p.Y > room.Above && p.Y + 1 < e.Height && p.X + 1 < e.Width)
            .GroupBy(p => Math.Max(Band(e, p.X, p.Y), Math.Max(Band(e, p.X + 1, p.Y), Band(e, p.X, p.Y + 1))))
            .OrderBy(line => line.Key)
            .Select(line =>
            {
                (int x, int y) = line.MinBy(p => Math.Abs(p.X - e.Width / 2) + Math.Abs(p.Y - e.Height / 2));
                return (x, y, (line.Key * _step).ToString("0.####", CultureInfo.InvariantCulture) + " nm");
            });
    }

    private int Band(Raster e, int x, int y) => (int)Math.Floor(e.Values[y * e.Width + x] / _step);
}
