using System.Globalization;
using ClemReg.Algorithms.Parameters;
using ClemReg.Algorithms.Transforms;
using P = ClemReg.Algorithms.Pipelines.ClemRegParameters;

namespace ClemReg.Algorithms.Pipelines;

/// <summary>The chromatic corrections of channel_offsets.</summary>
internal static class ChannelOffsets
{
    /// <summary>Reads them: channel, counted from 1, to its correction.</summary>
    /// <param name="values">The parameters.</param>
    /// <param name="channels">How many channels there are; 0 where that is not known.</param>
    /// <exception cref="BadInputException">An entry that cannot be read, stands twice, has no inverse, or is for a channel that there is not.</exception>
    public static IReadOnlyDictionary<int, AffineTransform> Read(ParameterValues values, int channels = 0)
    {
        string text = values.Get(P.ChannelOffsets);
        var found = new Dictionary<int, AffineTransform>();
        foreach (string entry in text.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            string[] parts = entry.Split(':');
            if (parts.Length != 2 || !int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out int channel) || channel < 1) throw Refuse(P.ChannelOffsets.Allowed);
            double[] numbers = [.. parts[1].Split(',').Select(n => double.TryParse(n, NumberStyles.Float, CultureInfo.InvariantCulture, out double v) && double.IsFinite(v) ? v : throw Refuse(P.ChannelOffsets.Allowed))];
            if (numbers.Length is not (3 or 12)) throw Refuse(P.ChannelOffsets.Allowed);
            if (channels > 0 && channel > channels)
                throw Refuse($"for channels from 1 to {channels}, which the fluorescence and the images linked to it have together", $"There is no channel {channel}.");
            AffineTransform correction = numbers.Length == 12 ? new AffineTransform(numbers) : new AffineTransform([1, 0, 0, numbers[0], 0, 1, 0, numbers[1], 0, 0, 1, numbers[2]]);
            try
            {
                _ = correction.Inverse();
            }
            catch (BadInputException)
            {
                throw Refuse("maps that can be undone", $"The 12 numbers of channel {channel} are singular; rows are z, y, x with the shift in nm as the fourth number.");
            }
            if (!found.TryAdd(channel, correction)) throw Refuse("one entry for each channel", $"Channel {channel} stands twice.");
        }
        return found;

        BadInputException Refuse(string allowed, string advice = "") => BadInputException.ForParameter(P.ChannelOffsets.Name, text, allowed, advice);
    }
}
